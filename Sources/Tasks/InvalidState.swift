/// A task or scope was asked for something its state does not allow.
///
/// The state is unchanged.
///
/// Source: CPython `asyncio.InvalidStateError`, and the `RuntimeError` and `ValueError` of the places named at each
/// kind.
public struct InvalidState: Error, Equatable, CustomStringConvertible {
    /// What the state does not allow.
    public enum Kind: Sendable {
        /// `result()` or `error()` before the end (test_futures.test_result).
        case notDone
        /// `wait` on no tasks (test_tasks.test_wait_errors).
        case emptySet
        /// `spawn` on a scope that has been left (test_taskgroup_finished).
        case groupFinished
        /// `spawn` on a scope that is ending its members (test_taskgroup_no_create_task_after_failure).
        case groupShuttingDown
        /// A task awaiting its own end (test_tasks.test_task_awaits_on_itself).
        case awaitsItself
    }

    /// What the state does not allow.
    public let kind: Kind

    /// The scope that refused to start something.
    let refuser: TaskScope?

    /// An error of this kind, to throw or to compare with.
    public init(_ kind: Kind) {
        self.init(kind, by: nil)
    }

    init(_ kind: Kind, by refuser: TaskScope?) {
        self.kind = kind
        self.refuser = refuser
    }

    /// Whether both are of the same kind.
    public static func == (left: InvalidState, right: InvalidState) -> Bool {
        left.kind == right.kind
    }

    /// What went wrong and what to do instead.
    public var description: String {
        switch kind {
        case .notDone: "the task is not done; await its value or read outcome"
        case .emptySet: "no tasks to wait for; pass at least one"
        case .groupFinished: "the scope is finished; spawn from its body or its members"
        case .groupShuttingDown: "the scope is shutting down; nothing more can start in it"
        case .awaitsItself: "the task awaits itself and could never end"
        }
    }
}
