internal import Model
internal import Synchronization

/// The tasks that ran under an earlier daemon, until each has ended or is known to go on, and those whose hooks it left to run,
/// until they have.
///
/// What ended while there was no daemon has to count before a deadline that passed meanwhile does.
final class PendingAdoptions: Sendable {
    /// Who waits for each of those that are open.
    private let open = Mutex<[TaskID: [AsyncStream<Void>.Continuation]]>([:])

    /// Begins with `tasks`; to be called before anybody waits.
    func begin(with tasks: some Sequence<TaskID>) {
        open.withLock { open in
            for task in tasks { open[task] = [] }
        }
    }

    /// The task has ended, or is known to go on.
    func settle(_ task: TaskID) {
        let waiters = open.withLock { $0.removeValue(forKey: task) }
        for waiter in waiters ?? [] { waiter.finish() }
    }

    /// Returns when that is known of all of them, or when the calling task is cancelled.
    func waitUntilAllSettled() async {
        for task in open.withLock({ Array($0.keys) }) { await waitUntilSettled(task) }
    }

    /// Returns when that is known of `task`, or when the calling task is cancelled.
    func waitUntilSettled(_ task: TaskID) async {
        let (signals, signal) = AsyncStream<Void>.makeStream()
        let isOpen = open.withLock { open in
            open[task]?.append(signal)
            return open[task] != nil
        }
        if isOpen { for await _ in signals {} }
    }
}
