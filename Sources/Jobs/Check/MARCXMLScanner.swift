internal import Model

/// Counts the records of a MARCXML file: a `collection` of `record`s, or one `record`.
struct MARCXMLScanner: RecordScanner {
    private var scanner = XMLScanner()
    private var records: MARCXMLRecords

    /// A scanner that counts the records that have `key`, or all of them.
    ///
    /// - Throws: ``SourceError`` with the code `config` when `key` names no MARC field.
    init(key: String?) throws(SourceError) {
        records = MARCXMLRecords(key: try MARCKey.named(key))
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(SourceError) {
        try scanner.scan(bytes, into: &records)
    }

    mutating func finish(bytes: Int) throws(SourceError) -> SourceCount {
        try scanner.finish()
        return try records.count(bytes: bytes)
    }
}

/// The records of a MARCXML document, counted as they end.
private struct MARCXMLRecords: XMLDocumentHandler {
    private let key: MARCKey?
    private var recordDepth = 1
    private var isDeleted = false
    private var hasKey = false
    private var isInField = false
    private var subfield: UInt8?

    private var live: Int64 = 0
    private var deleted: Int64 = 0
    private var withoutKey: Int64 = 0

    init(key: MARCKey?) {
        self.key = key
    }

    mutating func start(_ element: XMLElement) throws(SourceError) {
        switch element.name {
        case "collection" where element.depth == 0: break
        case "record" where element.depth <= 1:
            if element.depth == 0 { recordDepth = 0 }
            isDeleted = false
            hasKey = false
        case let name where element.depth == 0:
            throw SourceError(.unexpectedDocument, "is no MARCXML but a document \(name.excerpt); check format")
        case "controlfield", "datafield":
            guard let key, element.depth == recordDepth + 1 else { break }
            isInField = element.attributes["tag"]?.utf8.elementsEqual(key.tag) ?? false
        case "subfield":
            let code = element.attributes["code"]?.utf8
            subfield = code?.count == 1 ? code?.first : nil
        default: break
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        switch name {
        case "leader" where depth == recordDepth + 1: isDeleted = text.utf8.dropFirst(5).first == UInt8(ascii: "d")
        case "controlfield" where isInField:
            if key?.subfield == nil { take(text) }
            isInField = false
        case "subfield" where isInField:
            if key?.subfield == nil || key?.subfield == subfield { take(text) }
        case "datafield": isInField = false
        case "record" where depth == recordDepth: endRecord()
        default: break
        }
    }

    private mutating func take(_ text: String) {
        if text.utf8.contains(where: { $0 > 0x20 }) { hasKey = true }
    }

    private mutating func endRecord() {
        guard !isDeleted else {
            deleted += 1
            return
        }
        live += 1
        if key != nil, !hasKey { withoutKey += 1 }
    }

    func count(bytes: Int) throws(SourceError) -> SourceCount {
        guard live == 0 || live > withoutKey else { throw .noRecordHasKey(of: live) }
        var details: JSONObject = ["live": .int(live), "deleted": .int(deleted), "bytes": .int(Int64(bytes))]
        if key != nil { details["without_key"] = .int(withoutKey) }
        return try SourceCount(live - withoutKey, details: details)
    }
}
