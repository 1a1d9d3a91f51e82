/// How far a task has come.
package struct Progress: Sendable, Hashable {
    /// Units done, at least 0.
    package let completed: Double
    /// Units in all, above 0.
    package let total: Double
    /// The part done, between 0 and 1; for a composite the mean of its members' fractions.
    package let fraction: Double
    /// What is being done, for a person.
    package let message: String?

    /// Progress of `completed` units out of `total`; values out of range are brought into it.
    package init(completed: Double, total: Double, fraction: Double? = nil, message: String? = nil) {
        let total = total > 0 && total.isFinite ? total : 1
        let completed = completed.isFinite ? min(max(completed, 0), total) : 0
        self.completed = completed
        self.total = total
        self.fraction = min(max(fraction ?? completed / total, 0), 1)
        self.message = message
    }

    /// What this progress of a running task becomes by a `report`: its message counts always, its units only when they lead
    /// forward and do not claim the end, which is success's alone (asyncio.md, C086).
    package func advanced(to report: Progress) -> Progress {
        let leadsForward = report.fraction > fraction || fraction == 0 && report.fraction == 0
        let units = leadsForward && report.fraction < 1 ? report : self
        return Progress(
            completed: units.completed, total: units.total, fraction: units.fraction, message: report.message)
    }

    /// The progress of a task that has not begun, in the units of `report`.
    package static func none(inUnitsOf report: Progress) -> Progress {
        Progress(completed: 0, total: report.total)
    }

    /// The progress as it stands in a task.
    package var json: JSONValue {
        [
            "completed": .number(completed), "total": .number(total), "fraction": .number(fraction),
            "message": JSONValue(message),
        ]
    }

    /// The progress that `json` describes, or `nil` when it describes none.
    package init?(json: JSONValue) {
        guard let completed = json["completed"]?.doubleValue, let total = json["total"]?.doubleValue else { return nil }
        self.init(
            completed: completed, total: total, fraction: json["fraction"]?.doubleValue,
            message: json["message"]?.stringValue)
    }
}

extension JSONValue {
    /// A number, written without a fraction when it is whole.
    package static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.int) ?? .double(value)
    }
}
