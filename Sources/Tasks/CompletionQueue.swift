internal import Synchronization

/// What a stream of completed tasks and its iterators share.
///
/// Deinitialising it removes its observers.
final class CompletionQueue<Success: Sendable>: Sendable {
    private let tasks: [TaskHandle<Success>]
    private let state: Mutex<CompletionState<Success>>
    private let timeout: Duration?
    private let deadline: Deadline?

    /// - Parameter tasks: What to wait for, without repetitions.
    init(_ tasks: [TaskHandle<Success>], timeout: Duration?, clock: any Clock<Duration>) {
        self.tasks = tasks
        self.timeout = timeout
        deadline = timeout.map { Deadline(after: $0, clock: clock) }
        state = Mutex(CompletionState(count: tasks.count))
        // Weak: a task must not keep a stream alive that nobody reads any more.
        let attachments = Attachments(tasks) { [weak self] index, _ in
            self?.ended(index)
        }
        state.withLock { $0.begin(attachments) }
    }

    deinit {
        removeObservers()
    }

    /// - Throws: ``TimedOut`` once when the time has passed, `CancellationError` if the reader is cancelled.
    func next() async throws -> TaskHandle<Success>? {
        while true {
            let reader = Wake()
            switch state.withLock({ $0.next(reader: reader) }) {
            case .task(let task): return task
            case .end: return nil
            case .sleep: try await sleep(reader)
            case .timedOut:
                removeObservers()
                throw TimedOut(after: timeout ?? .zero)
            }
        }
    }

    private func sleep(_ reader: Wake) async throws {
        let reason = await reader.wait(until: deadline)
        state.withLock { $0.forget(reader) }
        switch reason {
        case .signalled: return
        case .cancelled: throw CancellationError()
        case .timedOut: state.withLock { $0.expire() }
        }
    }

    /// Looks at the time itself: nobody may be reading when it runs out.
    private func ended(_ index: Int) {
        let isLate = deadline?.hasPassed ?? false
        for reader in state.withLock({ $0.ended(tasks[index], isLate: isLate) }) { reader.wake(.signalled) }
    }

    private func removeObservers() {
        state.withLock { $0.takeAttachments() }?.removeAll()
    }
}
