internal import Synchronization

/// One gather under way.
final class Gathering: Sendable {
    private let tasks: [any WaitableTask]
    private let state: Mutex<GatherState>
    private let wake = Wake()

    /// - Parameter tasks: What to wait for, without repetitions.
    init(_ tasks: [any WaitableTask], stopsAtFailure: Bool) {
        self.tasks = tasks
        state = Mutex(GatherState(count: tasks.count, stopsAtFailure: stopsAtFailure))
    }

    /// Waits; answers the task whose failure or cancellation ended the wait.
    ///
    /// - Throws: `CancellationError` if the caller was cancelled and a task accepted that.
    func run() async throws -> (any WaitableTask)? {
        guard !tasks.isEmpty else { return nil }
        for task in tasks { try task.checkAwaiter() }
        let awaiter = CurrentTask.handle
        let attachments = Attachments(tasks) { index, state in
            if self.state.withLock({ $0.ended(index, state) }) { self.wake.wake(.signalled) }
        }
        defer { attachments.removeAll() }
        _ = await withTaskCancellationHandler {
            await wake.park()
        } onCancel: {
            cancel(reason: awaiter?.cancelReason)
        }
        let (isCancelled, first) = state.withLock { ($0.isCancelled, $0.firstFailure) }
        // From here on this gather answers for the errors of its tasks, also for those still to come.
        for task in tasks { task.markRead() }
        if isCancelled { throw CancellationError() }
        return first.map { tasks[$0] }
    }

    private func cancel(reason: String?) {
        guard state.withLock({ $0.beginCancel() }) else { return }
        var accepted = false
        for task in tasks where task.cancel(reason: reason) { accepted = true }
        if state.withLock({ $0.endCancel(accepted: accepted) }) { wake.wake(.signalled) }
    }
}
