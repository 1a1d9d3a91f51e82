internal import Model

/// Why a source could not be counted: never a count of 0.
struct SourceError: Error, Hashable {
    /// What kind of failure it is; the raw values are the codes a `SourceError` exception carries.
    enum Code: String {
        /// The job says something that cannot work: a path that names no file, a statement with a mistake.
        case config
        /// The name of the server could not be looked up.
        case dns
        /// The source could not be reached or read.
        case connect
        /// The server could not prove that it is the one asked for.
        case tls
        /// The source did not answer in time.
        case timeout
        /// The server answered with a status that is no success.
        case http
        /// The server answered with another address, which is not followed.
        case redirectRefused = "redirect_refused"
        /// The server has an address that no source is asked at.
        case addressRefused = "address_refused"
        /// The daemon may not read it.
        case auth
        /// It is larger than a source may be.
        case tooLarge = "too_large"
        /// It is not what the job says it is.
        case unexpectedDocument = "unexpected_document"
        /// It is no XML.
        case notXML = "not_xml"
        /// It is no JSON.
        case notJSON = "not_json"
        /// It answered with a complaint in the words of its protocol.
        case diagnostic
        /// It answered, but with no number that can be a count.
        case noCount = "no_count"
        /// It contradicts itself, as a file that was cut off does.
        case inconsistent
        /// The task was cancelled while it counted.
        case cancelled
    }

    /// What kind of failure it is.
    let code: Code
    /// What went wrong and what to do, naming the path or the field.
    let message: String
    /// Whether asking again may help.
    let isRetryable: Bool
    /// Further facts, such as `exit_code`.
    let details: JSONObject

    /// A failure of the kind `code`.
    init(_ code: Code, _ message: String, isRetryable: Bool = false, details: JSONObject = [:]) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
        self.details = details
    }

    /// The task was cancelled while it counted.
    static let cancelled = SourceError(.cancelled, "cancelled")

    /// The same failure with the place it happened at before its message.
    func at(_ place: String) -> SourceError {
        SourceError(code, "\(place): \(message)", isRetryable: isRetryable, details: details)
    }

    /// How the check of the source known as `name` ends.
    func outcome(name: String) -> Outcome {
        guard code != .cancelled else { return .cancelled(.cancelled(nil)) }
        return .failed(
            .source(name, code: code.rawValue, message: message, retryable: isRetryable, details: details))
    }
}
