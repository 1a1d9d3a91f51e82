/// A task of any result type: what can be asked of it without knowing its value.
///
/// ``TaskHandle`` is the only conformance there can be: the waits of this library rely on its state machine.
public protocol AnyTask: AnyObject, Sendable {
    /// The identity, which never changes.
    var id: TaskID { get }
    /// The name, `Task-N` unless set.
    ///
    /// Names need not be unique, and may change at any time, also after the end.
    var name: String { get set }
    /// Where the task is in its life.
    var state: RunState { get }
    /// How many times `cancel` was accepted.
    var cancelRequests: Int { get }
    /// The first reason given to an accepted `cancel`.
    var cancelReason: String? { get }
    /// The last report. Its fraction runs from 0 to 1 and never decreases; only success brings it to 1.
    var progress: Progress { get set }
    /// The reports from now on, beginning with the present one; ends with the task, however it ends.
    var progressUpdates: ProgressUpdates { get }

    /// The error of a failed task, `nil` of a successful one; repeatable.
    ///
    /// - Throws: ``InvalidState`` while the task is not done, ``TaskCancelled`` if it was cancelled.
    func error() throws -> (any Error)?

    /// Asks the task to stop; see ``TaskHandle/cancel(reason:)``.
    ///
    /// - Returns: Whether the request was accepted: `false` if and only if the task is done already.
    @discardableResult func cancel(reason: String?) -> Bool
}

extension AnyTask {
    /// Whether the task has ended.
    public var isDone: Bool { state.isDone }

    /// Whether the task has ended cancelled; `false` while a cancellation is only requested.
    public var isCancelled: Bool { state == .cancelled }

    /// Asks the task to stop and gives no reason.
    @discardableResult public func cancel() -> Bool { cancel(reason: nil) }
}
