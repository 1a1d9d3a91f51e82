internal import Synchronization

extension TaskHandle {
    /// How many times ``cancel(reason:)`` was accepted.
    ///
    /// Readable inside the body through ``TaskRegistry/current``.
    ///
    /// Source: CPython `Task.cancelling`, test_tasks.test_cancelling.
    public var cancelRequests: Int { lifecycle.withLock(\.cancelRequests) }

    /// The first reason given to an accepted ``cancel(reason:)``.
    public var cancelReason: String? { lifecycle.withLock(\.cancelReason) }

    /// Asks the task to stop.
    ///
    /// Returns at once; the task ends when its body does.
    ///
    /// ```swift
    /// task.cancel(reason: "no longer needed")   // task.cancel(msg="no longer needed")
    /// ```
    ///
    /// A task whose body has not started never runs it. In a running body `Task.isCancelled` is true from now on, and
    /// waits that heed it throw. A body that returns a value nevertheless has succeeded; one that throws another error
    /// has failed. Further requests are counted, but Swift tells a body only once.
    ///
    /// - Parameter reason: Shown to whoever awaits the task; the first one given is kept.
    /// - Returns: Whether the request was accepted: `false` if and only if the task is done already. Source:
    ///   test_tasks.test_cancel, test_futures.test_cancel.
    @discardableResult public func cancel(reason: String?) -> Bool {
        let (isAccepted, runner) = lifecycle.withLock { $0.cancel(reason: reason) }
        runner?.cancel()
        return isAccepted
    }
}
