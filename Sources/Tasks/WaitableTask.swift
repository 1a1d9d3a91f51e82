/// What the waits need of a task beside ``AnyTask``.
protocol WaitableTask: AnyTask {
    /// Tells `observer` the final state once: at the end, or at once if that has been.
    ///
    /// Called on no lock.
    ///
    /// - Returns: What takes the observer back; `nil` if it has been told already.
    func attach(_ observer: @escaping @Sendable (RunState) -> Void) -> ObserverToken?

    /// Takes an observer back; nothing happens if it has been told.
    func detach(_ token: ObserverToken)

    /// Says that someone answers for the error of this task, now or when it comes.
    func markRead()

    /// - Throws: ``InvalidState`` of kind `awaitsItself` when called from the task's own body.
    func checkAwaiter() throws
}

extension WaitableTask {
    /// Throws what this task ended with, unless that is a value.
    func throwEnding() throws {
        if let error = try error() { throw error }
    }
}
