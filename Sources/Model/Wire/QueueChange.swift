/// What a client wants to change of a queue.
package struct QueueChange: Sendable, Hashable {
    /// How many tasks of a queue may run at once.
    package enum Limit: Sendable, Hashable {
        /// As many as the daemon runs.
        case unlimited
        case tasks(Int)
    }

    /// The new limit; `nil` leaves it as it is.
    package let maximumRunning: Limit?
    /// Whether its tasks are kept from starting; `nil` leaves that as it is.
    package let isPaused: Bool?

    /// A change of what is not `nil`.
    package init(maximumRunning: Limit? = nil, isPaused: Bool? = nil) {
        self.maximumRunning = maximumRunning
        self.isPaused = isPaused
    }

    /// The change written in `json`: `{max_running?, paused?}`, where `max_running: null` takes the limit away.
    ///
    /// - Throws: ``InvalidInput`` for another key, or a value that is none.
    package init(json: JSONValue) throws(InvalidInput) {
        var fields = try Field(json).fields()
        try fields.allow(only: ["max_running", "paused"])
        var limit: Limit?
        if let field = fields.takeAllowingNull("max_running") {
            limit = field.value == .null ? .unlimited : .tasks(Int(try field.int(in: 1...100_000)))
        }
        self.init(maximumRunning: limit, isPaused: try fields.take("paused")?.bool())
    }
}
