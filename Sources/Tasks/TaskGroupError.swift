/// Everything that failed in one ``TaskScope``: the errors of its members in the order they ended, the body's own error
/// last.
///
/// Never empty, and never holds a cancellation. A scope inside a scope fails with one of these, so the errors form a
/// tree whose ends are ``leaves``. Source: CPython `ExceptionGroup` as raised by `asyncio.TaskGroup`, test_taskgroup_08
/// and test_taskgroup_19.
public struct TaskGroupError: Error, CustomStringConvertible {
    /// What failed, in order.
    public let errors: [any Error]

    /// The failures among `errors`; `nil` when none is left after cancellations are taken out.
    public init?(_ errors: [any Error]) {
        let failures = errors.filter { !TaskCancelled.isCancellation($0) }
        guard !failures.isEmpty else { return nil }
        self.errors = failures
    }

    /// The errors with every nested group replaced by its own, in order.
    public var leaves: [any Error] {
        errors.flatMap { error in
            (error as? TaskGroupError)?.leaves ?? [error]
        }
    }

    /// The number of failures and each of them as text.
    public var description: String {
        let noun = errors.count == 1 ? "failure" : "failures"
        return "\(errors.count) \(noun) in a task scope: " + errors.map { "\($0)" }.joined(separator: "; ")
    }
}
