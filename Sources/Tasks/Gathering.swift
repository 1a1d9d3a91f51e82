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

    /// Waits; returns the task whose failure or cancellation ended the wait.
    ///
    /// A gather that is over before it waits has nothing to be interrupted in, and ends as its tasks have.
    ///
    /// - Throws: `CancellationError` if the caller was cancelled and no error of a cancelled task takes its place. What
    ///   nobody can cancel any more cannot take the cancellation over. Source: `_GatheringFuture.cancel`, `Task.cancel`
    ///   and `_must_cancel` of CPython's tasks.py.
    func run() async throws -> (any WaitableTask)? {
        guard !tasks.isEmpty else { return nil }
        for task in tasks { try task.checkAwaiter() }
        let attachments = Attachments(tasks) { index, state in
            if self.state.withLock({ $0.ended(index, state) }) { self.wake.wake(.signalled) }
        }
        defer { attachments.removeAll() }
        if !state.withLock(\.isOver) { await sleep() }
        // From here on this gather answers for the errors of its tasks, also for those still to come.
        for task in tasks { task.markRead() }
        switch state.withLock(\.result) {
        case .complete: return nil
        case .endedBy(let index):
            try tasks[index].checkInterruption()
            return tasks[index]
        case .cancelled: throw CancellationError()
        }
    }

    private func sleep() async {
        let awaiter = CurrentTask.handle
        _ = await withTaskCancellationHandler {
            await wake.park()
        } onCancel: {
            cancel(reason: awaiter?.cancelReason)
        }
    }

    private func cancel(reason: String?) {
        guard state.withLock({ $0.beginCancel() }) else { return }
        var takers: Set<Int> = []
        for (index, task) in tasks.enumerated() where task.cancel(reason: reason) { takers.insert(index) }
        if state.withLock({ $0.endCancel(takers: takers) }) { wake.wake(.signalled) }
    }
}
