/// A rest of a given length, which ends as it is told: the smallest job there is, for trying things out.
package struct SleepJob: Sendable, Hashable {
    /// How long to rest.
    package let duration: Duration
    /// What the task ends with; by default the words `Completed after <seconds>s`.
    package let outcome: Outcome
    /// In how many equal parts the rest is taken, with progress after each; at least 1.
    package let steps: Int

    static let keys = ["returns", "raises", "steps"]

    /// The sleep of `duration` with the modifiers taken from `fields`.
    init(duration: Duration, fields: inout Fields) throws(InvalidInput) {
        self.duration = duration
        let returns = fields.takeAllowingNull("returns")
        if let raises = fields.take("raises") {
            guard returns == nil else { throw raises.invalid("cannot stand beside returns: a sleep ends one way") }
            outcome = .failed(try Self.exception(raises))
        } else {
            outcome = .succeeded(returns?.value ?? .string("Completed after \(duration.secondsText)s"))
        }
        steps = Int(try fields.take("steps")?.int(in: 1...1_000_000) ?? 1)
    }

    private static func exception(_ field: Field) throws(InvalidInput) -> ExceptionInfo {
        var fields = try field.fields()
        try fields.allow(only: ["type", "message"])
        let type = try fields.require("type").name()
        let message = try fields.take("message")?.string() ?? ""
        return ExceptionInfo(type: type, message: message)
    }
}
