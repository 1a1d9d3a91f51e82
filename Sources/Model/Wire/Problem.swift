/// An error as HTTP tells it: `application/problem+json` (RFC 9457).
package struct Problem: Error, Sendable, Hashable {
    /// The title of the answers of a daemon that is stopping.
    package static let stoppingTitle = "Stopping"

    /// The HTTP status.
    package let status: Int
    /// The kind of problem in a few words.
    package let title: String
    /// What went wrong and what to do.
    package let detail: String
    /// The limit that was reached; `nil` when it is no such problem.
    package let limit: UserLimits.Name?

    /// A problem with `status`.
    package init(status: Int, title: String, detail: String, limit: UserLimits.Name? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.limit = limit
    }

    /// The problem as the wire writes it.
    package var json: JSONValue {
        var object: JSONObject = ["title": .string(title), "status": JSONValue(status), "detail": .string(detail)]
        if let limit { object["limit"] = .string(limit.rawValue) }
        return .object(object)
    }

    /// The problem that `json` describes, or `nil` when it describes none.
    package init?(json: JSONValue) {
        guard let status = json["status"]?.intValue, let title = json["title"]?.stringValue else { return nil }
        self.init(
            status: Int(status), title: title, detail: json["detail"]?.stringValue ?? "",
            limit: json["limit"]?.stringValue.flatMap(UserLimits.Name.init(rawValue:)))
    }
}
