internal import Model
internal import NIOHTTP1

/// What a server answered to one question over HTTP.
struct WebAnswer {
    /// The longest `Retry-After` that is waited for, in seconds.
    static let maximumRetryAfter: Int64 = 60

    /// The status code.
    let status: Int
    /// The body, as it came.
    let body: [UInt8]

    private let headers: HTTPHeaders

    /// The answer with these parts.
    init(status: Int, headers: HTTPHeaders, body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the header `name`, when there is exactly one.
    func header(_ name: String) -> String? {
        let values = headers[name]
        return values.count == 1 ? values.first : nil
    }

    /// Where the answer leads instead of answering.
    var redirect: String? {
        [301, 302, 303, 307, 308].contains(status) ? headers.first(name: "location") : nil
    }

    /// Whether it says of itself that it is a page for people: a login page, or one that explains an error.
    var isWebPage: Bool {
        let type = headers.first(name: "content-type")?.lowercased() ?? ""
        return type.hasPrefix("text/html") || type.hasPrefix("application/xhtml+xml")
    }

    /// Refuses an answer that is none to the question.
    ///
    /// - Throws: ``SourceError`` with `auth` or `http` after the status, and with `unexpected_document` for a body that is
    ///   compressed: it was not asked for, and a few bytes of one can become all of the memory.
    func requireSuccess() throws(SourceError) {
        var details: JSONObject = ["status": .int(Int64(status))]
        if isWebPage { details["web_page"] = true }
        switch status {
        case 200: break
        case 401, 403:
            throw SourceError(
                .auth, "the server answered \(status): it wants to know who asks; see auth", details: details)
        case 408, 425, 429, 500...599:
            if let seconds = retryAfter { details["retry_after"] = .int(seconds) }
            throw SourceError(
                .http, "the server answered \(status); it may answer later",
                isRetryable: status != 501 && status != 505, details: details)
        default: throw SourceError(.http, "the server answered \(status); check url", details: details)
        }
        let coding = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }
        guard coding.allSatisfy({ $0 == "identity" }) else {
            let name = coding.joined(separator: ", ").beginning(scalars: 40).shown
            throw SourceError(.unexpectedDocument, "the answer is compressed (\(name)), which was not asked for")
        }
    }

    /// How many seconds the server wants to be left alone, told as a number or as a date, by its own clock (RFC 9110, section
    /// 10.2.3).
    private var retryAfter: Int64? {
        guard let text = header("retry-after") else { return nil }
        if let seconds = Int64(text) { return seconds >= 0 ? seconds : nil }
        guard let end = HTTPDate.instant(text) else { return nil }
        let now = header("date").flatMap(HTTPDate.instant) ?? .now()
        return max(0, (end.milliseconds - now.milliseconds + 999) / 1000)
    }
}
