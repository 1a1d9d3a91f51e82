internal import Model

/// What stands between the fields of a CSV file: a comma, a semicolon, a tab or a bar, whichever the header line has.
///
/// Spreadsheets write the one of their country, and a first line `sep=;` that says so. With the wrong one a row that has line
/// breaks in quotes would be counted as several.
struct CSVSeparator: Sendable {
    private static let candidates = [UInt8](",;\t|".utf8)

    private var byte: UInt8?
    private var isTold = false
    /// Another one that the header line has too.
    private var other: UInt8?

    /// Whether `byte`, which is not quoted, ends a field of a row.
    func separates(_ byte: UInt8) -> Bool { self.byte.map { $0 == byte } ?? (byte == UInt8(ascii: ",")) }

    /// Whether `byte`, which is not quoted, ends a field of the header line.
    mutating func separatesHeader(_ byte: UInt8) -> Bool {
        guard !isTold else { return separates(byte) }
        guard Self.candidates.contains(byte) else { return false }
        if self.byte == nil { self.byte = byte } else if self.byte != byte { other = byte }
        return true
    }

    /// Takes the separator from a line with the fields `names` that only tells it, perhaps filled up with empty fields;
    /// answers whether it is such a line.
    mutating func take(_ names: [[UInt8]]) -> Bool {
        let isAlone = names.dropFirst().allSatisfy { $0.allSatisfy { $0 == UInt8(ascii: " ") } }
        guard !isTold, isAlone, let name = names.first,
            String(decoding: name.prefix(4), as: UTF8.self).lowercased() == "sep="
        else { return false }
        let told: UInt8? =
            switch name.count {
            case 4: byte
            case 5: name.last
            default: nil
            }
        guard let told, Self.isMark(told) else { return false }
        self = CSVSeparator(byte: told, isTold: true)
        return true
    }

    /// Forgets what a line had that was blank.
    mutating func clear() {
        if !isTold { self = CSVSeparator() }
    }

    /// - Throws: ``SourceError`` when the header line has several, and nobody knows which one it is.
    func requireOne() throws(SourceError) {
        guard let byte, let other else { return }
        let pair = [byte, other].map { "\"\(String(decoding: [$0], as: UTF8.self).shown)\"" }.joined(separator: " and ")
        throw SourceError(
            .unexpectedDocument,
            "its header line has \(pair), and one of them ends a name; quote the names, or begin with a line as sep=;")
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\t"): true
        case UInt8(ascii: "\""), UInt8(ascii: "0")...UInt8(ascii: "9"): false
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): false
        default: 0x21...0x7E ~= byte
        }
    }
}
