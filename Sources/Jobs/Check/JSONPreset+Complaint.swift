internal import Model

extension JSONSource.Preset {
    /// Where the systems say in a document that they failed. Each is looked for in all of them: none has it beside a number
    /// that is right.
    private static let complaints = ["errorList", "errors", "error", "errorsExist"]

    /// Refuses a document in which the server says that it failed, which several do with a status of success, or that it
    /// has looked at a part of what it has.
    ///
    /// - Throws: ``SourceError`` with `diagnostic`, and `unexpected_document` for what is no list where Koha sends one.
    func requireSuccess(_ document: JSONValue) throws(SourceError) {
        for name in Self.complaints {
            guard let value = document[name], !value.isNothing else { continue }
            throw Self.complaint(value.complaint ?? "its answer has \"\(name)\"")
        }
        switch self {
        case .vufind:
            guard document["status"] == "OK" else {
                throw Self.complaint(document["statusMessage"]?.complaint ?? "its status is not OK")
            }
        case .solr:
            let header = document["responseHeader"]
            guard header?["status"].map({ $0 == 0 }) ?? true else { throw Self.complaint("its status is not 0") }
            // True, or "omitted", where it ran out of time or a shard did not answer.
            guard header?["partialResults"]?.isNothing ?? true else {
                throw Self.complaint("the results are partial", isRetryable: true)
            }
        case .koha:
            guard document.arrayValue != nil else {
                throw SourceError(.unexpectedDocument, "the answer is not a list, as Koha's are; check url")
            }
        case .folio, .alma, .invenio, .calibre: break
        }
    }

    /// Whether the number in `document` is exact, as far as the server says: Solr may stop counting (`minExactCount`).
    func isExact(_ document: JSONValue) -> Bool {
        guard self == .solr, let isExact = document["response"]?["numFoundExact"] else { return true }
        return isExact == true
    }

    private static func complaint(_ text: String, isRetryable: Bool = false) -> SourceError {
        SourceError(
            .diagnostic, "the server reported: \(text)", isRetryable: isRetryable, details: ["text": .string(text)])
    }
}

extension JSONValue {
    /// Whether there is nothing in it: no complaint, where one might stand.
    fileprivate var isNothing: Bool { [.null, false, "", [], [:]].contains(self) }

    /// The words of a complaint, however deep a system puts them.
    fileprivate var complaint: String? {
        switch self {
        case .string(let text): text.excerpt
        case .array(let elements): elements.first?.complaint
        case .object(let members):
            ["message", "errorMessage", "msg", "error"].lazy.compactMap { members[$0]?.complaint }.first
        case .null, .bool, .int, .double: nil
        }
    }
}
