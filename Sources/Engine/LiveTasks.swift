internal import Model
internal import Synchronization

/// The tasks that run now, by number, and the slots they occupy.
final class LiveTasks: Sendable {
    /// A request to cancel a task that is being claimed.
    private struct EarlyCancel {
        let message: String?
    }

    private struct State {
        var tasks: [TaskID: LiveTask] = [:]
        var running: [String: Int] = [:]
        var runningByOwner: [UInt32: Int] = [:]
        /// The tasks whose end is not on its way into the store; ``running`` counts those that are no composites.
        var occupants: Set<ObjectIdentifier> = []
        var isClaiming = false
        /// The requests for tasks that are committed as running, and not here yet.
        var early: [TaskID: EarlyCancel] = [:]

        /// - Returns: whether it was an occupant.
        mutating func vacate(_ task: LiveTask) -> Bool {
            guard occupants.remove(ObjectIdentifier(task)) != nil else { return false }
            count(task.record, -1)
            return true
        }

        /// Counts a task that takes a slot, or, with -1, leaves it.
        mutating func count(_ record: TaskRecord, _ change: Int) {
            guard !record.kind.isComposite else { return }
            running.change(record.queue, by: change)
            if let owner = record.submittedBy?.uid { runningByOwner.change(owner, by: change) }
        }
    }

    private let state = Mutex(State())

    subscript(id: TaskID) -> LiveTask? {
        state.withLock { $0.tasks[id] }
    }

    /// The composite that `member` belongs to, while the attempt lasts that it belongs to.
    func parent(of member: TaskRecord) -> LiveTask? {
        guard let parent = member.parentID.flatMap({ self[$0] }) else { return nil }
        return parent.record.attempt == member.parentAttempt ? parent : nil
    }

    /// All of them, in no order.
    var all: [LiveTask] {
        state.withLock { Array($0.tasks.values) }
    }

    /// How many tasks occupy a slot, by queue.
    var running: [String: Int] {
        state.withLock(\.running)
    }

    /// How many tasks occupy a slot, by the user who submitted them.
    var runningByOwner: [UInt32: Int] {
        state.withLock(\.runningByOwner)
    }

    /// Does `claim`, during which tasks may be running in the store that are not here yet.
    func claiming(_ claim: () async throws -> Void) async rethrows {
        state.withLock { $0.isClaiming = true }
        defer {
            state.withLock { state in
                state.isClaiming = false
                state.early = [:]
            }
        }
        try await claim()
    }

    /// Adds a task that now runs.
    func insert(_ task: LiveTask) {
        let early = state.withLock { state in
            state.tasks[task.record.id] = task
            state.occupants.insert(ObjectIdentifier(task))
            state.count(task.record, 1)
            return state.early.removeValue(forKey: task.record.id)
        }
        if let early { task.cancel(message: early.message) }
    }

    /// Frees the slot of a task whose end is on its way into the store.
    func vacate(_ task: LiveTask) {
        _ = state.withLock { $0.vacate(task) }
    }

    /// Takes a task out that runs no more.
    ///
    /// - Returns: whether that freed its slot, because no end of it went into the store.
    func remove(_ task: LiveTask) -> Bool {
        defer { task.close() }
        return state.withLock { state in
            if state.tasks[task.record.id] === task { state.tasks[task.record.id] = nil }
            return state.vacate(task)
        }
    }

    /// Asks a task to end that the store says is running, as it is there; one that has ended meanwhile is none of them.
    func cancel(_ record: TaskRecord, message: String?) {
        let task = state.withLock { state in
            let task = state.tasks[record.id]
            // The attempt before may still be on its way out.
            if task?.record.attempt == record.attempt { return task }
            if state.isClaiming { state.early[record.id] = EarlyCancel(message: message) }
            return nil
        }
        task?.cancel(message: message)
    }
}

extension Dictionary where Value == Int {
    /// Changes the count of `key`; a count of 0 is none.
    fileprivate mutating func change(_ key: Key, by change: Int) {
        let sum = self[key, default: 0] + change
        self[key] = sum == 0 ? nil : sum
    }
}
