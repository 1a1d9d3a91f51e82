internal import Model

/// Counts what an OAI-PMH repository lists, without fetching a record.
struct OAICounter: SourceCounter {
    private let source: OAISource

    /// The counter that asks `source`.
    init(_ source: OAISource) {
        self.source = source
    }

    var method: String { "oai" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        try await count(context, keys: nil).count
    }

    private func count(
        _ context: JobContext, keys: KeyCollector?
    ) async throws(SourceError) -> (count: SourceCount, keys: KeyCollector?) {
        let client = WebClient(source.access, context: context)
        do throws(SourceError) {
            guard let first = try await page(client, asking: selection) else {
                let none: JSONObject = ["mode": "walk", "live": 0, "deleted": 0, "pages": 1]
                return (try SourceCount(0, details: none), keys)
            }
            var walk = OAIWalk()
            let next = try walk.take(first)
            if keys == nil, next != nil, let size = try estimate(of: walk, first) { return (size, nil) }
            return try await finish(walk, from: next, keys, client: client, context: context)
        } catch {
            throw client.secrets.hidden(in: error).at(source.address.description)
        }
    }

    /// The size that the first page tells, where that will do; `nil` where the list has to be walked.
    private func estimate(of walk: OAIWalk, _ first: OAIPage) throws(SourceError) -> SourceCount? {
        switch (source.mode, first.completeListSize) {
        case (.walk, _), (.auto, nil): return nil
        case (.size, nil): throw SourceError(.noCount, "the list has no completeListSize; use mode: walk")
        case (.size, let size?): return try walk.estimate(size: size)
        case (.auto, let size?):
            guard !walk.hasDeleted, walk.hasMore(in: size) else { return nil }
            return try walk.estimate(size: size)
        }
    }

    private func finish(
        _ walk: OAIWalk, from token: String?, _ keys: KeyCollector?, client: WebClient, context: JobContext
    ) async throws(SourceError) -> (count: SourceCount, keys: KeyCollector?) {
        var walk = walk
        var token = token
        var keys = try await keys?.taking(walk.newNumbers)
        while let next = token {
            guard walk.pages < source.maximumPages else {
                throw SourceError(.tooLarge, "the list has more than \(source.maximumPages) pages; see max_pages")
            }
            // A token stands alone (OAI-PMH, section 3.5.1): what was asked for is part of it.
            let parameters = [("verb", "ListIdentifiers"), ("resumptionToken", next)]
            guard let page = try await page(client, asking: parameters) else {
                throw SourceError(.inconsistent, "the list ends with a page that says that there is none")
            }
            token = try walk.take(page)
            keys = try await keys?.taking(walk.newNumbers)
            context.report(walk.progress)
        }
        return (try walk.finish(), keys)
    }

    private var selection: [(name: String, value: String)] {
        var parameters = [("verb", "ListIdentifiers"), ("metadataPrefix", source.prefix)]
        if let set = source.set { parameters.append(("set", set)) }
        if let from = source.from { parameters.append(("from", from)) }
        if let until = source.until { parameters.append(("until", until)) }
        return parameters
    }

    /// The page asked for with `parameters`; `nil` when no record is what was asked for, which is an answer.
    private func page(
        _ client: WebClient, asking parameters: [(name: String, value: String)]
    ) async throws(SourceError) -> OAIPage? {
        let answer = try await client.get(source.address.asking(parameters), accept: "application/xml, text/xml")
        let page = try answer.read(into: OAIPage())
        guard let (code, text) = page.error else { return page }
        guard code != "noRecordsMatch" else {
            guard page.isEmpty else {
                throw SourceError(.inconsistent, "the repository lists records and says that there are none")
            }
            return nil
        }
        let details: JSONObject = ["diagnostic": .string(code.excerpt), "text": .string(text)]
        let words = "the repository reported: \(code.excerpt): \(text)"
        switch code {
        case "badResumptionToken":
            throw SourceError(.diagnostic, "\(words); ask again", isRetryable: true, details: details)
        case "badArgument", "badVerb", "cannotDisseminateFormat", "noSetHierarchy", "idDoesNotExist":
            throw SourceError(.config, "\(words); check url, prefix, set, from and until", details: details)
        default: throw SourceError(.diagnostic, words, details: details)
        }
    }
}

extension OAICounter: KeyedCounter {
    /// Walks, whatever size the repository tells: only the headers have the keys.
    func count(
        _ context: JobContext, keeping keys: KeyCollector
    ) async throws(SourceError) -> (count: SourceCount, keys: Result<KeyTally, SourceError>) {
        let (count, kept) = try await count(context, keys: keys)
        guard let kept else { preconditionFailure("a walk that was given a collector has lost it") }
        return (count, .success(try await kept.finished()))
    }
}

extension OAIWalk {
    /// The control numbers of ``newIdentifiers``, which end identifiers such as `oai:repository:number` or `…/number`
    /// (OAI-PMH, section 2.4, leaves the form open).
    fileprivate var newNumbers: [[String]] {
        newIdentifiers.map { identifier in
            let start = identifier.lastIndex { $0 == ":" || $0 == "/" }.map { identifier.index(after: $0) }
            return [String(identifier[(start ?? identifier.startIndex)...])]
        }
    }
}
