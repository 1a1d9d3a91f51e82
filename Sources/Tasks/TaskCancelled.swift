/// The task that was awaited ended cancelled.
///
/// Awaiting a cancelled task throws this error; an awaiter that is itself cancelled gets the standard library's
/// `CancellationError`. Both count as a cancellation wherever this library tells cancelled from failed, so a task whose
/// body lets either one out ends cancelled, whether or not anyone asked it to. Source: CPython
/// `asyncio.CancelledError`, test_tasks.test_cancel_inner_future.
public struct TaskCancelled: Error, Equatable, CustomStringConvertible {
    /// The first reason given to `cancel`, if any.
    public var reason: String?

    /// A cancellation to throw from a body, or to compare with in a test.
    public init(reason: String? = nil) {
        self.reason = reason
    }

    /// Whether `error` says that something was cancelled rather than that it failed.
    public static func isCancellation(_ error: any Error) -> Bool {
        error is CancellationError || error is TaskCancelled
    }

    /// The error as text, with the reason if there is one.
    public var description: String {
        guard let reason else { return "the task was cancelled" }
        return "the task was cancelled: \(reason)"
    }
}
