internal import Model
internal import Synchronization

/// The tasks that ran under an earlier daemon, until each has ended or is known to go on.
///
/// What ended while there was no daemon has to count before a deadline that passed meanwhile does.
final class Takeovers: Sendable {
    private struct State {
        var open: Set<TaskID> = []
        var waiters: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    /// Begins with `tasks`; to be called before anybody waits.
    func begin(with tasks: some Sequence<TaskID>) {
        state.withLock { $0.open = Set(tasks) }
    }

    /// The task has ended, or is known to go on.
    func settle(_ task: TaskID) {
        let waiters = state.withLock { state in
            guard state.open.remove(task) != nil, state.open.isEmpty else { return [AsyncStream<Void>.Continuation]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns when all are settled, or when the calling task is cancelled.
    func settled() async {
        let (signals, signal) = AsyncStream<Void>.makeStream()
        let areSettled = state.withLock { state in
            if !state.open.isEmpty { state.waiters.append(signal) }
            return state.open.isEmpty
        }
        if !areSettled { for await _ in signals {} }
    }
}
