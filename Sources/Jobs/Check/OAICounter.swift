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
        let client = WebClient(source.access, context: context)
        do throws(SourceError) {
            guard let first = try await page(client, asking: selection) else {
                return try SourceCount(0, details: ["mode": "walk", "live": 0, "deleted": 0, "pages": 1])
            }
            var walk = OAIWalk()
            let next = try walk.take(first)
            if source.mode != .walk, next != nil, source.mode == .size || !walk.hasDeleted,
                let size = first.completeListSize
            {
                return try walk.estimate(size: size)
            }
            guard source.mode != .size || next == nil else {
                throw SourceError(.noCount, "the list has no completeListSize; use mode: walk")
            }
            return try await finish(walk, from: next, client: client, context: context)
        } catch {
            throw error.at(source.address.description)
        }
    }

    private func finish(
        _ walk: OAIWalk, from token: String?, client: WebClient, context: JobContext
    ) async throws(SourceError) -> SourceCount {
        var walk = walk
        var token = token
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
            context.report(walk.progress)
        }
        return try walk.finish()
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
        guard code != "noRecordsMatch" else { return nil }
        let details: JSONObject = ["diagnostic": .string(code.excerpt), "text": .string(text)]
        let words = "the repository complains: \(code.excerpt): \(text)"
        switch code {
        case "badResumptionToken":
            throw SourceError(.diagnostic, "\(words); ask again", isRetryable: true, details: details)
        case "badArgument", "badVerb", "cannotDisseminateFormat", "noSetHierarchy", "idDoesNotExist":
            throw SourceError(.config, "\(words); check url, prefix, set, from and until", details: details)
        default: throw SourceError(.diagnostic, words, details: details)
        }
    }
}
