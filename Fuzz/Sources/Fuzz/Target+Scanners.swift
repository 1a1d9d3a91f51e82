@testable internal import Jobs
internal import Model

extension Target {
    /// Files and answers in which records are counted.
    static let scanners = [
        Target(name: "marc") { bytes in
            for key in [nil, "001", "020a"] {
                bytes.requireSameAnswer("MARC, key \(key ?? "none")") { pieces in
                    result { () throws(SourceError) in try count(pieces, with: try MARCScanner(key: key)) }
                }
            }
        },
        Target(name: "csv") { bytes in
            for key in [nil, "a"] {
                bytes.requireSameAnswer("CSV, key \(key ?? "none")") { pieces in
                    result { () throws(SourceError) in try count(pieces, with: CSVScanner(key: key)) }
                }
            }
        },
        Target(name: "marcxml") { bytes in
            bytes.requireSameAnswer("MARCXML") { pieces in
                result { () throws(SourceError) in try count(pieces, with: try MARCXMLScanner(key: "020a")) }
            }
        },
        Target(name: "xml") { bytes in
            bytes.requireSameAnswer("XML") { pieces in
                var seen = SeenXML()
                let ending = result { () throws(SourceError) in try read(pieces, into: &seen) }
                return [seen.description, "\(ending)"]
            }
            var (page, answer) = (OAIPage(), SRUDocument())
            _ = result { () throws(SourceError) in try read([bytes[...]], into: &page) }
            _ = result { () throws(SourceError) in try read([bytes[...]], into: &answer) }
        },
    ]

    private static func count(
        _ pieces: [ArraySlice<UInt8>], with scanner: some RecordScanner
    ) throws(SourceError) -> SourceCount {
        var scanner = scanner
        for piece in pieces {
            // A copy of its own, so that a byte read beyond the end of the piece is one that AddressSanitizer sees.
            try Array(piece).withUnsafeBytes { bytes in
                result { () throws(SourceError) in try scanner.scan(bytes) }
            }.get()
        }
        return try scanner.finish(bytes: pieces.reduce(0) { $0 + $1.count })
    }

    private static func read(
        _ pieces: [ArraySlice<UInt8>], into handler: inout some XMLDocumentHandler
    ) throws(SourceError) {
        var scanner = XMLScanner()
        for piece in pieces { try scanner.scan(piece, into: &handler) }
        try scanner.finish()
    }
}

/// Writes down what an XML document is made of, and that its elements end in the order they must.
private struct SeenXML: XMLDocumentHandler, CustomStringConvertible {
    private(set) var description = ""
    private var open: [String] = []

    mutating func start(_ element: XMLElement) throws(SourceError) {
        require(element.depth == open.count, "\(element.name) has the depth \(element.depth) of \(open.count)")
        open.append(element.name)
        let attributes = element.attributes.all.sorted { $0.name < $1.name }
        description += "<\(element.name) \(attributes)>"
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        require(open.popLast() == name && depth == open.count, "\(name) ends in its place")
        description += "\(text)</\(name)>"
    }
}
