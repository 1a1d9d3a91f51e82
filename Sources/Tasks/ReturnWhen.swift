/// When `wait` returns, if its timeout does not come first.
///
/// Source: CPython `asyncio.wait(return_when=)`.
public enum ReturnWhen: String, Sendable, CaseIterable {
    /// One task has ended, however it ended (`FIRST_COMPLETED`).
    case firstCompleted
    /// One task has failed, or all have ended; a cancelled task has not failed (`FIRST_EXCEPTION`).
    case firstException
    /// All tasks have ended (`ALL_COMPLETED`).
    case allCompleted
}
