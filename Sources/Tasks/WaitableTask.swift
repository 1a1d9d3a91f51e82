/// What the waits need of a task beside ``AnyTask``.
protocol WaitableTask: AnyTask {
    /// The scope the task is a member of.
    var scope: TaskScope? { get }

    /// Tells the Swift task apart that runs the body; `nil` unless that is under way.
    var runnerIdentity: Int? { get }

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
}

extension WaitableTask {
    /// - Throws: ``InvalidState`` of kind `awaitsItself` when called from the task's own body.
    func checkAwaiter() throws {
        guard let runnerIdentity, CurrentTask.holdsUp(runnerIdentity) else { return }
        throw InvalidState(.awaitsItself)
    }

    /// Keeps the failure of a member from those who are interrupted for it.
    ///
    /// The scope reports it, and they would report it once more. asyncio's loop interrupts them before they can see the
    /// failure, unless the scope is ending already; on several threads the interruption may still be on its way.
    ///
    /// - Throws: `CancellationError` when called from the body or a member of the scope this task has failed in.
    func checkInterruption() throws {
        guard state == .failed, let scope, CurrentTask.isPart(of: scope) else { return }
        throw CancellationError()
    }
}
