/// One observer on each of several tasks, each told with the position of its task.
struct Attachments {
    private var attached: [(task: any WaitableTask, token: ObserverToken)] = []

    /// Observes `tasks`.
    ///
    /// Those that are done are told at once, in their order.
    init(_ tasks: [any WaitableTask], observer: @escaping @Sendable (Int, RunState) -> Void) {
        for (index, task) in tasks.enumerated() {
            guard let token = task.attach({ observer(index, $0) }) else { continue }
            attached.append((task, token))
        }
    }

    /// Removes the observers that have not been called.
    func removeAll() {
        for (task, token) in attached { task.detach(token) }
    }
}
