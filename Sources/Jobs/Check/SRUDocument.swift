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
    /// The complaints, in the order given.
    private(set) var diagnostics: [Diagnostic] = []

    private var isInDiagnostics = false
    /// How deep the diagnostic being read stands; one inside it is its URI, as pycsw 2.6 writes it.
    private var diagnosticDepth: Int?

    mutating func start(_ element: XMLElement) throws(SourceError) {
        switch (element.depth, element.name) {
        case (0, "searchRetrieveResponse"): break
        case (0, "diagnostics"), (1, "diagnostics"): isInDiagnostics = true
        case (0, "explainResponse"), (0, "explain"):
            throw SourceError(
                .unexpectedDocument, "describes the server instead of answering the search; check url and version")
        case (0, let name):
            throw SourceError(
                .unexpectedDocument, "is no answer to an SRU search but a document \(name.excerpt); check url")
        case (_, "diagnostic") where isInDiagnostics && diagnosticDepth == nil:
            diagnosticDepth = element.depth
            diagnostics.append(Diagnostic())
        default: break
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        switch (depth, name) {
        case (1, "numberOfRecords"):
            guard numberOfRecords == nil else { throw SourceError(.inconsistent, "tells two numbers of records") }
            numberOfRecords = text
        case (1, "resultCountPrecision"): precision = text
        case (0...1, "diagnostics"): isInDiagnostics = false
        case (diagnosticDepth, "diagnostic"): diagnosticDepth = nil
        case (_, "uri"), (_, "diagnostic"):
            guard isInDiagnostics, !diagnostics.isEmpty, !text.trimmingSpace.isEmpty else { break }
            diagnostics[diagnostics.count - 1].uri = text.excerpt
            let prefix = "info:srw/diagnostic/1/"
            if text.hasPrefix(prefix) { diagnostics[diagnostics.count - 1].number = Int(text.dropFirst(prefix.count)) }
        case (_, "message"), (_, "details"):
            guard isInDiagnostics, !diagnostics.isEmpty, !text.isEmpty else { break }
            diagnostics[diagnostics.count - 1].words.append(text.excerpt)
        default: break
        }
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
            SourceError(code, "the server complains: \(text); \(advice)", isRetryable: retryable, details: details)
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
