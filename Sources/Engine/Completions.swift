internal import Model
internal import Synchronization

/// Wakes those who wait for tasks to be done.
final class Completions: Sendable {
    /// One task that is done.
    struct Completion: Sendable {
        let id: TaskID
        let state: TaskState
        /// Its position in completion order.
        let sequence: Int64
    }

    /// Somebody waiting.
    struct Waiter: Sendable {
        /// An element for each of the tasks as it is done; ends when the wait has expired.
        let completions: AsyncStream<Completion>
        fileprivate let continuation: AsyncStream<Completion>.Continuation
        fileprivate let number: Int
        fileprivate let ids: [TaskID]

        /// Ends the stream: the time is over.
        func expire() {
            continuation.finish()
        }
    }

    private struct State {
        var nextNumber = 0
        var open = 0
        var isStopped = false
        var waiters: [TaskID: [Int: AsyncStream<Completion>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    /// Begins to wait for `ids`; what was done before is not told, so look after calling this.
    func begin(_ ids: [TaskID]) -> Waiter {
        let (stream, continuation) = AsyncStream<Completion>.makeStream()
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            state.open += 1
            if state.isStopped { continuation.finish() }
            for id in ids { state.waiters[id, default: [:]][state.nextNumber] = continuation }
            return state.nextNumber
        }
        return Waiter(completions: stream, continuation: continuation, number: number, ids: ids)
    }

    /// Ends a wait, leaving nothing behind.
    func end(_ waiter: Waiter) {
        state.withLock { state in
            state.open -= 1
            for id in waiter.ids {
                state.waiters[id]?[waiter.number] = nil
                if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
            }
        }
    }

    /// Ends every wait, and those to come: nothing more will be done here.
    func stop() {
        let waiters = state.withLock { state in
            state.isStopped = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Tells those who wait for a task that it is done.
    func publish(_ task: TaskRecord) {
        guard let sequence = task.doneSequence else { preconditionFailure("a task that is not done was published") }
        let waiters = state.withLock { $0.waiters[task.id].map { Array($0.values) } ?? [] }
        let completion = Completion(id: task.id, state: task.state, sequence: sequence)
        for waiter in waiters { waiter.yield(completion) }
    }

    /// How many wait.
    var waiters: Int { state.withLock(\.open) }

    /// How many tasks are waited for.
    var count: Int { state.withLock { $0.waiters.count } }
}
