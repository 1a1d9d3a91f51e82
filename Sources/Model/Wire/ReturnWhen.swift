/// When a wait is over, after `asyncio.wait`.
package enum ReturnWhen: String, Sendable, Hashable, CaseIterable {
    /// As soon as one task is done.
    case firstCompleted = "FIRST_COMPLETED"
    /// As soon as one task has failed (a cancelled one has not), or all are done.
    case firstException = "FIRST_EXCEPTION"
    /// When all are done.
    case allCompleted = "ALL_COMPLETED"

    /// Whether a wait of this mode on tasks in `states` is over.
    package func isSatisfied(by states: some Sequence<TaskState>) -> Bool {
        var allDone = true
        for state in states {
            if self == .firstCompleted && state.isDone { return true }
            if self == .firstException && state == .failed { return true }
            allDone = allDone && state.isDone
        }
        return allDone
    }
}
