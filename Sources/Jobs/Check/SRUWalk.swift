internal import Model

/// Fetches all records that an SRU search finds, page by page, and keeps their keys.
struct SRUWalk {
    /// The most records asked for at once.
    private static let largestPage = 1000
    /// How much room a record is thought to need, in bytes, until an answer shows that it needs more.
    private static let estimatedRecordSize = 8 << 10

    private let source: SRUSource
    private let client: WebClient
    private let context: JobContext
    private var keys: KeyCollector
    private var pageSize: Int

    /// A walk through what `source` finds, whose keys `keys` takes.
    init(_ source: SRUSource, keys: KeyCollector, context: JobContext) {
        self.source = source
        self.keys = keys
        self.context = context
        client = WebClient(source.access, context: context)
        pageSize = max(1, min(Self.largestPage, source.access.maximumBody / Self.estimatedRecordSize))
    }

    /// Walks to the end of a result of `number` records.
    ///
    /// A server may answer fewer records than it is asked for, but has to answer all of them in the end, each as a MARC
    /// record, and to stay with the number: a list of keys that lacks some would find books missing that are there.
    /// - Throws: ``SourceError``; `inconsistent` when a page is empty, was there before, has too many records or tells
    ///   another number.
    consuming func run(expecting number: Int) async throws(SourceError) -> KeyTally {
        let secrets = client.secrets
        var walk = self
        do throws(SourceError) { return try await walk.walk(expecting: number) } catch {
            throw secrets.hidden(in: error)
        }
    }

    private mutating func walk(expecting number: Int) async throws(SourceError) -> KeyTally {
        guard let field = keys.kind.field else {
            throw SourceError(.config, "records of a catalogue are not known by \(keys.kind.rawValue)")
        }
        var seen = 0
        var digests: Set<Int> = []
        while seen < number {
            let page = try await page(from: seen + 1, atMost: number - seen, field)
            try page.requireRecords(after: seen, of: number)
            guard digests.insert(page.digest).inserted else {
                throw SourceError(.inconsistent, "sends the same records again after \(seen) of \(number)")
            }
            seen += page.count
            keys = try await keys.taking(page.records)
            context.report(Progress(completed: Double(seen), total: Double(max(number, 1))))
        }
        return try await keys.finished()
    }

    /// The page that starts with the record numbered `start`, from 1. Where it would be longer than an answer may be, it is
    /// asked for with half as many records.
    private mutating func page(
        from start: Int, atMost limit: Int, _ field: MARCKey
    ) async throws(SourceError) -> SRUPage {
        while true {
            let count = min(pageSize, limit)
            let packing = source.version == .v2_0 ? "recordXMLEscaping" : "recordPacking"
            let address = source.search(
                maximumRecords: count,
                [("startRecord", "\(start)"), ("recordSchema", "marcxml"), (packing, "xml")])
            do throws(SourceError) {
                return try await client.get(address, accept: SRUSource.mediaTypes).read(into: SRUPage(key: field))
            } catch {
                guard error.code == .tooLarge, count > 1 else { throw error }
                pageSize = max(1, count / 2)
            }
        }
    }
}

extension SRUPage {
    /// Refuses a page that is not the next one of a result of `number` records, after the first `seen` of them.
    fileprivate func requireRecords(after seen: Int, of number: Int) throws(SourceError) {
        if count == 0, let diagnostic = document.diagnostics.first { throw diagnostic.failure }
        if let text = document.numberOfRecords {
            let told = try NumberAnswer.number(text)
            guard told == number else {
                throw SourceError(
                    .inconsistent, "found \(number) records, and now finds \(told); it may be changing",
                    isRetryable: true)
            }
        }
        guard count > 0 else {
            throw SourceError(
                .inconsistent, "sends no more after \(seen) of \(number) records; a query may be all that limits it",
                isRetryable: true)
        }
        guard seen + count <= number else {
            throw SourceError(.inconsistent, "sends \(seen + count) records, and has found \(number)")
        }
        guard otherCount == 0 else {
            if let surrogate = document.surrogates.first { throw surrogate.failure }
            throw SourceError(
                .unexpectedDocument, "sends records that are not MARCXML; its keys cannot be compared")
        }
    }
}
