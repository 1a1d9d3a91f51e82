/// The time given to a wait has passed.
///
/// Thrown by `waitFor` after the task has really ended, and by the stream of `asCompleted`, which leaves its tasks
/// alone. Source: CPython `TimeoutError`, test_waitfor.test_wait_for.
public struct TimedOut: Error, Equatable, CustomStringConvertible {
    /// The time that was given.
    public var after: Duration

    /// The error of a wait that was given `after`.
    public init(after: Duration) {
        self.after = after
    }

    /// The error as text, with the budget.
    public var description: String { "timed out after \(after)" }
}
