/// Where a task is in its life.
///
/// The last three are final.
///
/// A requested cancellation is not a state: a task that has been asked to stop stays `running` until its body ends, and
/// may yet succeed or fail. ``AnyTask/cancelRequests`` tells that it was asked.
public enum RunState: String, Sendable, CaseIterable {
    /// Created; the body has not started.
    case scheduled
    /// The body has started and has not ended.
    case running
    /// The body returned a value.
    case succeeded
    /// The body threw an error that is not a cancellation.
    case failed
    /// The body threw a cancellation, or was cancelled before it started.
    case cancelled

    /// Whether the task has ended.
    public var isDone: Bool {
        switch self {
        case .scheduled, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}
