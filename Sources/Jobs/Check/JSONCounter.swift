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
            return try SourceCount(number(in: answer), details: details)
        } catch {
            throw error.at(source.address.description)
        }
    }

    private func number(in answer: WebAnswer) throws(SourceError) -> Int64 {
        if answer.isWebPage, source.preset != nil || source.isInBody { throw .webPage }
        switch source.count {
        case .header(let name):
            guard let value = answer.header(name) else {
                throw SourceError(.noCount, "the answer has no header \(name), or several; check count")
            }
            return try NumberAnswer.number(value)
        case .pointer(let text):
            guard let pointer = JSONPointer(text) else {
                throw SourceError(.config, "count: \(text.shown) is no JSON pointer; write one such as /total")
            }
            let document = try NumberAnswer.document(answer.body)
            try source.preset?.requireSuccess(document)
            return try NumberAnswer.number(in: document, at: pointer)
        }
    }
}

extension JSONSource {
    fileprivate var isInBody: Bool {
        if case .pointer = count { true } else { false }
    }
}

extension JSONSource.Preset {
    /// Refuses a document in which the server says that it failed, which VuFind does with a status of success.
    fileprivate func requireSuccess(_ document: JSONValue) throws(SourceError) {
        guard self == .vufind, document["status"] != "OK" else { return }
        let text = document["statusMessage"]?.stringValue?.excerpt ?? "its status is not OK"
        throw SourceError(.diagnostic, "the server complains: \(text)", details: ["text": .string(text)])
    }
}

extension SourceError {
    /// The server answered with a page for people.
    static let webPage = SourceError(
        .notJSON, "the server answered with a web page instead of JSON; check url, and see auth")
}
