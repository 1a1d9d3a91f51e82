internal import Model

/// What a server answers to an SRU search: a number, or diagnostics, or both.
///
/// It matches names alone: SRU 1.1 and 2.0 have namespaces of their own, and servers answer in the version they like.
struct SRUDocument: XMLDocumentHandler {
    /// A complaint of the server; some go with a number that is right all the same.
    struct Diagnostic {
        /// The number of it in the list of SRU (info:srw/diagnostic/1), or `nil` when it stands in another list.
        var number: Int?
        /// Its URI.
        var uri = ""
        /// What it says, and about what.
        var words: [String] = []
    }

    /// The text of `numberOfRecords`.
    private(set) var numberOfRecords: String?
    /// How exact the server calls the number.
    private(set) var precision: String?
    /// The complaints about the search, in the order given. They stand in `diagnostics`, or wherever a server puts them but
    /// in a record.
    private(set) var diagnostics: [Diagnostic] = []
    /// The complaints that stand in the place of records (SRU 1.2, surrogate diagnostics).
    private(set) var surrogates: [Diagnostic] = []

    private var isInRecords = false
    private var isInNumber = false
    /// The diagnostic being read, and how deep it stands; one inside it is its URI, as pycsw 2.6 writes it.
    private var diagnostic: (value: Diagnostic, depth: Int)?

    mutating func start(_ element: XMLElement) throws(SourceError) {
        guard !isInNumber else { throw SourceError(.noCount, "tells a number of records that is more than text") }
        switch (element.depth, element.name) {
        case (0, "searchRetrieveResponse"), (0, "diagnostics"): break
        case (0, "explainResponse"), (0, "explain"):
            throw SourceError(
                .unexpectedDocument, "describes the server instead of answering the search; check url and version")
        case (0, let name):
            throw SourceError(
                .unexpectedDocument, "is not an SRU response but a document \(name.excerpt); check url")
        case (1, "numberOfRecords"), (1, "resultCountPrecision"): isInNumber = true
        case (1, "records"): isInRecords = true
        case (_, "diagnostic") where diagnostic == nil: diagnostic = (Diagnostic(), element.depth)
        default: break
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        switch (depth, name) {
        case (1, "numberOfRecords"):
            guard numberOfRecords == nil else { throw SourceError(.inconsistent, "tells two numbers of records") }
            numberOfRecords = text
            isInNumber = false
        case (1, "resultCountPrecision"):
            precision = text
            isInNumber = false
        case (1, "records"): isInRecords = false
        case (diagnostic?.depth, "diagnostic"): endDiagnostic(text)
        case (_, "uri"), (_, "diagnostic"):
            guard !text.trimmingSpace.isEmpty else { break }
            diagnostic?.value.uri = text.excerpt
            let prefix = "info:srw/diagnostic/1/"
            if text.hasPrefix(prefix) { diagnostic?.value.number = Int(text.dropFirst(prefix.count)) }
        case (_, "message"), (_, "details"):
            guard !text.isEmpty else { break }
            diagnostic?.value.words.append(text.excerpt)
        default: break
        }
    }

    private mutating func endDiagnostic(_ text: String) {
        guard var ended = diagnostic?.value else { return }
        diagnostic = nil
        if ended.words.isEmpty, ended.uri.isEmpty { ended.words = [text.trimmingSpace.excerpt] }
        if isInRecords { surrogates.append(ended) } else { diagnostics.append(ended) }
    }
}

extension SRUDocument.Diagnostic {
    /// Whether the number beside it is right all the same: it is about records, of which none was asked for.
    var isWarning: Bool { number.map([61, 66, 67].contains) ?? false }

    /// Whether the server gives no answer without records.
    var wantsRecords: Bool { number == 6 }

    /// The failure that it is.
    var failure: SourceError {
        let text = words.isEmpty ? uri : words.joined(separator: ": ")
        let details: JSONObject = ["diagnostic": .string(uri), "text": .string(text)]
        func failure(_ code: SourceError.Code, _ advice: String, retryable: Bool = false) -> SourceError {
            SourceError(code, "the server reported: \(text); \(advice)", isRetryable: retryable, details: details)
        }
        return switch number ?? 0 {
        case 1, 2: failure(.diagnostic, "ask again later", retryable: true)
        case 3: failure(.auth, "see auth")
        case 4...8: failure(.config, "check version and url")
        case 10...48: failure(.config, "check query")
        case 235: failure(.config, "check the database in url")
        default: failure(.diagnostic, "see its documentation")
        }
    }
}
