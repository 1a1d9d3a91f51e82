internal import HTTPTypes

// The names of fields that HTTPTypes does not know.
extension HTTPField.Name {
    /// `X-Request-Id`, which many proxies and clients set.
    static let requestID = known("X-Request-Id")
    /// `Last-Event-ID`: how far a client has come in the event log (HTML Standard, 9.2).
    static let lastEventID = known("Last-Event-ID")
    /// `Output-Offset`: how many bytes of the attempt's output come before the body.
    static let outputOffset = known("Output-Offset")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a field name") }
        return name
    }
}
