/// One page of what an SRU search has found: the number of all, and the records themselves in MARCXML.
struct SRUPage: XMLDocumentHandler {
    /// What the server says beside the records.
    private(set) var document = SRUDocument()
    /// What stands in each record where the key points; of a record that is deleted nothing is kept.
    private(set) var records: [[String]] = []
    /// How many records there are on the page.
    private(set) var count = 0
    /// How many of them are anything but one MARC record.
    private(set) var otherCount = 0
    /// What the records say, in one number: that of a page that was there before is the same.
    private(set) var digest = 0

    private let key: MARCKey
    private var record: MARCXMLRecord?
    /// How many MARC records the record being read has.
    private var marcCount = 0
    private var hasher = Hasher()

    /// An empty page, in whose records `key` is looked for.
    init(key: MARCKey) {
        self.key = key
    }

    mutating func start(_ element: XMLElement) throws(SourceError) {
        try document.start(element)
        switch (element.depth, element.name) {
        case (2, "record"):
            count += 1
            marcCount = 0
        // The record data may be a record, or a collection of one.
        case (4..., "record") where record == nil: record = MARCXMLRecord(depth: element.depth, key: key)
        default: record?.start(element)
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        try document.end(name, text: text, depth: depth)
        if depth == 0 { digest = hasher.finalize() }
        if depth == 2, name == "record", marcCount != 1 { otherCount += 1 }
        guard let isEnd = record?.end(name, text: text, depth: depth) else { return }
        hasher.combine(text)
        guard isEnd, let ended = record else { return }
        record = nil
        marcCount += 1
        if !ended.isDeleted { records.append(ended.values) }
    }
}
