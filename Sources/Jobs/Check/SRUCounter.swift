internal import Model

/// Asks a catalogue through SRU how many records a query finds, and fetches none unless their keys are asked for.
struct SRUCounter: SourceCounter {
    private let source: SRUSource

    /// The counter that asks `source`.
    init(_ source: SRUSource) {
        self.source = source
    }

    var method: String { "sru" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let client = WebClient(source.access, context: context)
        do throws(SourceError) {
            var (document, bytes) = try await ask(client, maximumRecords: 0)
            if document.numberOfRecords == nil, document.diagnostics.contains(where: \.wantsRecords) {
                (document, bytes) = try await ask(client, maximumRecords: 1)
            }
            return try Self.count(document, bytes: bytes, hiding: client.secrets)
        } catch {
            throw client.secrets.hidden(in: error).at(source.address.description)
        }
    }

    private func ask(_ client: WebClient, maximumRecords: Int) async throws(SourceError) -> (SRUDocument, Int) {
        let answer = try await client.get(
            source.search(maximumRecords: maximumRecords), accept: SRUSource.mediaTypes)
        return (try answer.read(into: SRUDocument()), answer.body.count)
    }

    /// The number in `document`; a diagnostic that is more than a warning makes it none.
    private static func count(
        _ document: SRUDocument, bytes: Int, hiding secrets: SentSecrets
    ) throws(SourceError) -> SourceCount {
        if let diagnostic = document.diagnostics.first(where: { !$0.isWarning }) { throw diagnostic.failure }
        guard let text = document.numberOfRecords else {
            throw document.diagnostics.first?.failure ?? SourceError(.noCount, "the answer has no numberOfRecords")
        }
        var details: JSONObject = ["bytes": .int(Int64(bytes))]
        if !document.diagnostics.isEmpty {
            let warnings = document.diagnostics.map { JSONValue.string($0.words.joined(separator: ": ")) }
            details["warnings"] = secrets.hidden(in: .array(warnings))
        }
        // SRU 2.0, section 3.4: exact, unknown, estimate, maximum, minimum or current, by name or as the end of a URI.
        let isExact = document.precision.map { $0.trimmingSpace.split(separator: "/").last == "exact" } ?? true
        let number = try NumberAnswer.number(text)
        // Where all that was found are complaints, nothing was found.
        if let surrogate = document.surrogates.first, number <= document.surrogates.count { throw surrogate.failure }
        return try SourceCount(number, isExact: isExact, details: details)
    }
}

extension SRUCounter: KeyedCounter {
    func count(
        _ context: JobContext, keeping keys: KeyCollector
    ) async throws(SourceError) -> (count: SourceCount, keys: Result<KeyTally, SourceError>) {
        let count = try await count(context)
        do throws(SourceError) {
            guard count.isExact else {
                throw SourceError(.inconsistent, "tells a number that is not exact; its keys may not be all")
            }
            let walk = SRUWalk(source, keys: keys, context: context)
            return (count, .success(try await walk.run(expecting: Int(count.value))))
        } catch {
            guard error.code != .cancelled else { throw error }
            return (count, .failure(error.at("\(source.address)")))
        }
    }
}

extension SRUSource {
    /// The media types that are understood.
    static let mediaTypes = "application/sru+xml, application/xml, text/xml"

    /// The address of the search, which fetches no more than so many records.
    func search(
        maximumRecords: Int, _ more: [(name: String, value: String)] = []
    ) -> WebAddress {
        address.asking(
            [
                ("version", version.rawValue), ("operation", "searchRetrieve"), ("query", query),
                ("maximumRecords", "\(maximumRecords)"),
            ] + more)
    }
}
