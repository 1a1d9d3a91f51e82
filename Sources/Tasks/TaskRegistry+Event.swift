extension TaskRegistry {
    /// What a registry's hook hears about its tasks.
    public enum Event: Sendable {
        /// A task was created under this name.
        case spawned(TaskID, name: String)
        /// A task has ended in this state.
        case finished(TaskID, name: String, RunState)
        /// A done-callback threw; the task and its other callbacks are unharmed.
        case callbackFailed(TaskID, name: String, any Error)
        /// The last reference to a failed task went and nobody had seen its error.
        ///
        /// Source: test_futures.test_future_exception_never_retrieved.
        case failureNeverRead(TaskID, name: String, any Error)
    }
}
