internal import Model

/// Asks a server about books that answers in JSON, one request a book.
struct JSONItems: ItemSystem {
    private let source: ItemSource
    private let client: WebClient
    private let status: JSONPointer
    private let title: JSONPointer?

    /// A talk with the server that `source` names.
    ///
    /// - Throws: ``SourceError`` with `config` when a pointer is none.
    init(_ source: ItemSource, _ context: JobContext) throws(SourceError) {
        self.source = source
        client = WebClient(source.access, context: context)
        status = try Self.pointer(source.status, key: "status")
        title = try source.title.map { text throws(SourceError) in try Self.pointer(text, key: "title") }
    }

    private static func pointer(_ text: String, key: String) throws(SourceError) -> JSONPointer {
        guard let pointer = JSONPointer(text) else {
            throw SourceError(.config, "\(key): \(text.shown) is not a JSON pointer; write one such as /0/status")
        }
        return pointer
    }

    var rate: Int { source.rate }

    func item(_ barcode: String) async throws(SourceError) -> ItemReport {
        let address: WebAddress
        do throws(WebAddress.Malformed) { address = try source.address(of: barcode) } catch {
            throw SourceError(
                .config, "url: with the barcode in it, it is not a valid URL: \(error.advice)")
        }
        do throws(SourceError) {
            let answer = try await client.get(address, accept: "application/json", headers: source.headers)
            guard !answer.isWebPage else { throw .webPage }
            return try report(on: NumberAnswer.document(answer.body))
        } catch {
            // 404 is how a server says that there is no such book (RFC 9110, section 15.5.5). A page for people says that
            // there is no such address, or that the system is being looked after.
            if error.code == .http, error.details["status"] == 404, error.details["web_page"] == nil { return .unknown }
            throw client.secrets.hidden(in: error).at(address.description)
        }
    }

    func close() async {}

    private func report(on document: JSONValue) throws(SourceError) -> ItemReport {
        guard let value = status.value(in: document), let word = value.word else {
            guard !status.leadsIntoEmptyList(in: document) else { return .unknown }
            throw SourceError(.unexpectedDocument, "the answer has no word at the pointer; check status")
        }
        if let count = status.countOfSeveral(in: document) {
            throw SourceError(.inconsistent, "the answer lists \(count) items for one barcode; check url and status")
        }
        let title = title.flatMap { $0.value(in: document)?.stringValue } ?? ""
        let state = source.statuses[word]
        return ItemReport(
            answer: state.map(ItemAnswer.known) ?? .unclear, word: client.secrets.hidden(in: word),
            title: client.secrets.hidden(in: title))
    }
}

extension JSONValue {
    /// What stands for a status: a string, or a number, a boolean or null as JSON writes them; `nil` for a list or an object.
    fileprivate var word: String? {
        switch self {
        case .string(let text): text
        case .null, .bool, .int, .double: text()
        case .array, .object: nil
        }
    }
}
