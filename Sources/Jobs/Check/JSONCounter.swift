internal import Model

/// Asks a server for a number in a JSON document or in a header.
struct JSONCounter: SourceCounter {
    private let source: JSONSource

    /// The counter that asks `source`.
    init(_ source: JSONSource) {
        self.source = source
    }

    var method: String { "json" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let client = WebClient(source.access, context: context)
        do throws(SourceError) {
            let answer = try await client.get(source.address, accept: "application/json", headers: source.headers)
            var details: JSONObject = ["bytes": .int(Int64(answer.body.count))]
            if let preset = source.preset { details["preset"] = .string(preset.rawValue) }
            let (number, isExact) = try number(in: answer)
            return try SourceCount(number, isExact: isExact, details: details)
        } catch {
            throw client.secrets.hidden(in: error).at(source.address.description)
        }
    }

    private func number(in answer: WebAnswer) throws(SourceError) -> (number: Int64, isExact: Bool) {
        guard !answer.isWebPage else { throw .webPage }
        switch source.count {
        case .header(let name):
            if let preset = source.preset { try preset.requireSuccess(NumberAnswer.document(answer.body)) }
            guard let value = answer.header(name) else {
                throw SourceError(.noCount, "the answer has no header \(name), or several; check count")
            }
            return (try NumberAnswer.number(value), true)
        case .pointer(let text):
            guard let pointer = JSONPointer(text) else {
                throw SourceError(.config, "count: \(text.shown) is not a JSON pointer; write one such as /total")
            }
            let document = try NumberAnswer.document(answer.body)
            try source.preset?.requireSuccess(document)
            return (try NumberAnswer.number(in: document, at: pointer), source.preset?.isExact(document) ?? true)
        }
    }
}

extension SourceError {
    /// The server answered with a page for people.
    static let webPage = SourceError(
        .notJSON, "the server answered with a web page instead of JSON; check url, and see auth")
}
