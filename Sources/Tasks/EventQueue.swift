internal import Synchronization

/// Delivers events to the hook one at a time and in order, off the sender's task.
final class EventQueue: Sendable {
    private let hook: @Sendable (TaskRegistry.Event) -> Void
    private let waiting = Mutex(SerialQueue<TaskRegistry.Event>())

    init(hook: @escaping @Sendable (TaskRegistry.Event) -> Void) {
        self.hook = hook
    }

    func send(_ event: TaskRegistry.Event) {
        let startsDrain = waiting.withLock { queue in
            _ = queue.add(event)
            return queue.startDrain()
        }
        guard startsDrain else { return }
        // Detached: an event may come from a deinit anywhere, whose task has nothing to do with the hook.
        Task.detached {
            while let event = self.waiting.withLock({ $0.next() }) { self.hook(event) }
        }
    }
}
