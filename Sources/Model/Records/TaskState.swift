/// Where a task is in its life: `running` goes back to `queued` for a retry or a rerun.
package enum TaskState: String, Sendable, Hashable, CaseIterable {
    /// Submitted, and waiting until somebody starts it.
    case held
    /// Waiting for a slot, a time, a retry or other tasks.
    case queued
    /// Being run; for a composite: its members are being run.
    case running
    /// Done, with a result.
    case succeeded
    /// Done, with an exception.
    case failed
    /// Done, because it was cancelled.
    case cancelled

    /// Whether the task has ended; such a state is final.
    package var isDone: Bool {
        switch self {
        case .held, .queued, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}
