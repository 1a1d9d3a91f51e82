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

    /// Takes back the observers that have not been told.
    func removeAll() {
        for (task, token) in attached { task.detach(token) }
    }
}

/// The tasks without repetitions, in the order of their first appearance.
func unique<S: Sequence>(_ tasks: S) -> [S.Element] where S.Element == any WaitableTask {
    var seen: Set<TaskID> = []
    return tasks.filter { seen.insert($0.id).inserted }
}
