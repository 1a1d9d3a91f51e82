/// What `doctor` has found out about one thing: whether it is well, and what to do when it is not.
package struct Finding: Sendable, Hashable {
    /// How well it is.
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case ok
        /// It works, but somebody should know of it.
        case warn
        /// It does not do what it is there for.
        case fail
    }

    /// What was looked at, in one word.
    package let name: String
    package let status: Status
    /// What was found, in a sentence; it may hold text of the system, so show it through `shown`.
    package let message: String
    /// What to do, in a sentence; `nil` where there is nothing to do.
    package let advice: String?
    /// What the sentence speaks of, for programs.
    package let facts: JSONObject

    /// A finding about `name`.
    package init(
        _ name: String, _ status: Status, _ message: String, advice: String? = nil, facts: JSONObject = [:]
    ) {
        self.name = name
        self.status = status
        self.message = message
        self.advice = advice
        self.facts = facts
    }

    /// The finding as the wire writes it.
    package var json: JSONValue {
        [
            "name": .string(name), "status": .string(status.rawValue), "message": .string(message),
            "advice": JSONValue(advice), "facts": .object(facts),
        ]
    }

    /// The finding that `json` describes, or `nil` when it describes none.
    package init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, let message = json["message"]?.stringValue,
            let status = json["status"]?.stringValue.flatMap(Status.init(rawValue:))
        else { return nil }
        self.init(
            name, status, message, advice: json["advice"]?.stringValue, facts: json["facts"]?.objectValue ?? [:])
    }
}

extension [Finding] {
    /// The findings together, with the worst of their states.
    package var report: JSONValue {
        let worst = Finding.Status.allCases.last { status in contains { $0.status == status } } ?? .ok
        return ["status": .string(worst.rawValue), "checks": .array(map(\.json))]
    }
}
