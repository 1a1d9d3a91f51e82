/// How often a job is tried, and the delay between tries: exponential backoff with jitter.
package struct RetryPolicy: Sendable, Hashable {
    /// Tries in all, at least 1.
    package let attempts: Int
    /// The delay before the second try; it doubles with each further one.
    package let backoff: Duration
    /// The longest delay.
    package let maximumBackoff: Duration
    /// The part of a delay that is random, between 0 (none) and 1 (all of it).
    package let jitter: Double

    /// A policy of `attempts` tries.
    package init(
        attempts: Int, backoff: Duration = .seconds(1), maximumBackoff: Duration = .seconds(60), jitter: Double = 0
    ) {
        self.attempts = attempts
        self.backoff = backoff
        self.maximumBackoff = maximumBackoff
        self.jitter = jitter
    }

    /// One try, no more.
    package static let once = RetryPolicy(attempts: 1)

    /// The delay after `attempt` tries have failed.
    ///
    /// - Parameter randomness: a random number between 0 and 1 that decides the random part.
    package func delay(afterAttempt attempt: Int, randomness: Double) -> Duration {
        let doublings = min(max(attempt - 1, 0), 62)
        let full = min(backoff.seconds * Double(Int64(1) << Int64(doublings)), maximumBackoff.seconds)
        return .seconds(full * (1 - jitter * randomness))
    }
}

extension RetryPolicy {
    private static let keys = ["attempts", "backoff", "max_backoff", "jitter"]

    /// The policy written in `field`: `{attempts, backoff, max_backoff, jitter}`, or the attempts alone; `jitter: true` means
    /// all of it.
    package init(field: Field) throws(InvalidInput) {
        if case .int = field.value {
            self.init(attempts: Int(try field.int(in: 1...1000)))
            return
        }
        guard field.value.objectValue != nil else { throw field.expected("a number of attempts, or an object") }
        var fields = try field.fields()
        try fields.allow(only: Self.keys)
        let attempts = try fields.require("attempts").int(in: 1...1000)
        let backoff = try fields.take("backoff")?.duration() ?? .seconds(1)
        let maximum = try fields.take("max_backoff")?.duration() ?? max(backoff, .seconds(60))
        var jitter = 0.0
        if let field = fields.take("jitter") {
            switch field.value {
            case .bool(let isOn): jitter = isOn ? 1 : 0
            case .int, .double: jitter = field.value.doubleValue ?? 0
            default: throw field.invalid("expected a number between 0 and 1, or true")
            }
            guard 0...1 ~= jitter else { throw field.invalid("must lie between 0 and 1") }
        }
        self.init(attempts: Int(attempts), backoff: backoff, maximumBackoff: maximum, jitter: jitter)
    }
}
