internal import Model

/// Counts the records of a MARCXML file: a `collection` of `record`s, or one `record`.
struct MARCXMLScanner: RecordScanner {
    private var scanner = XMLScanner()
    private var records: MARCXMLRecords

    var keys: KeyCollector? {
        get { records.keys }
        set { records.keys = newValue }
    }

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
    var keys: KeyCollector?
    private let key: MARCKey?
    private var record: MARCXMLRecord?

    private var live: Int64 = 0
    private var deleted: Int64 = 0
    private var withoutKey: Int64 = 0
    /// The first element that stands in the place of a record.
    private var other: String?

    init(key: MARCKey?) {
        self.key = key
    }

    mutating func start(_ element: XMLElement) throws(SourceError) {
        switch element.name {
        case "collection" where element.depth == 0: break
        case "record" where element.depth <= 1:
            record = MARCXMLRecord(depth: element.depth, key: key ?? keys?.kind.field)
        case let name where element.depth == 0:
            throw SourceError(.unexpectedDocument, "is not MARCXML but a document \(name.excerpt); check format")
        case "record" where record == nil:
            throw SourceError(.unexpectedDocument, "has records inside another element, not in the collection itself")
        case let name where element.depth == 1 && record == nil: other = other ?? name
        default: record?.start(element)
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        guard record?.end(name, text: text, depth: depth) == true, let ended = record else { return }
        record = nil
        guard !ended.isDeleted else {
            deleted += 1
            return
        }
        live += 1
        if key != nil, ended.values.isEmpty { withoutKey += 1 }
        try keys?.take(ended.values)
    }

    func count(bytes: Int) throws(SourceError) -> SourceCount {
        if let other, live + deleted == 0 {
            throw SourceError(
                .unexpectedDocument, "is a collection of \(other.excerpt), not of MARCXML's record; check format")
        }
        guard live == 0 || live > withoutKey else { throw .noRecordHasKey(of: live) }
        var details: JSONObject = ["live": .int(live), "deleted": .int(deleted), "bytes": .int(Int64(bytes))]
        if key != nil { details["without_key"] = .int(withoutKey) }
        return try SourceCount(live - withoutKey, details: details)
    }
}
