internal import Synchronization

/// The connections that are open, each served by a task of its own.
///
/// What NIO has accepted must be served, if only to be closed, or it traps: so a task begins with each connection at once,
/// and there is no queue of them that could be forgotten.
final class Connections: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isShuttingDown = false
    }

    private let state = Mutex(State())

    /// Begins to serve a connection; `serve` is cancelled when all are shut down.
    func begin(on executor: some TaskExecutor, _ serve: @escaping @Sendable () async -> Void) {
        let latecomer: Task<Void, Never>? = state.withLock { state in
            let id = state.next
            state.next += 1
            let task = Task(executorPreference: executor) {
                await serve()
                self.end(id)
            }
            state.tasks[id] = task
            return state.isShuttingDown ? task : nil
        }
        latecomer?.cancel()
    }

    private func end(_ id: Int) {
        state.withLock { $0.tasks[id] = nil }
    }

    /// Ends all of them, those that come later too, and returns when nobody is left.
    func shutDown() async {
        let tasks = state.withLock { state in
            state.isShuttingDown = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
