internal import GRDB
internal import Model
internal import Synchronization

/// Counts tasks by state and queue: all of them once, on a snapshot of the file as it was opened, while the daemon already
/// works; then those that each commit has moved.
///
/// Each statement that gives a task its state says so by the SQL function `moved`. A trigger would do the same, but for it
/// SQLite keeps a copy of each page that the statement writes.
final class TaskCounter: Sendable {
    /// Numbers of tasks; what is missing is none.
    struct Counts {
        var states: [TaskState: Int] = [:]
        /// The tasks that take or will take a slot, which composites do not.
        var queues: [Place: Int] = [:]
    }

    /// Where tasks are that wait for a slot, or have one.
    struct Place: Hashable {
        let queue: String
        /// Queued or running.
        let state: TaskState
    }

    /// What became of one task; a state that is `nil` is that of none.
    fileprivate struct Move {
        let old: TaskState?
        let new: TaskState?
        /// `nil` for a composite.
        let queue: String?
    }

    private struct State {
        /// What has changed since the file was opened.
        var committed = Counts()
        /// What the transaction that is going on has done so far.
        var pending: [Move] = []
    }

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let snapshot: DatabaseSnapshot
    private let base: Task<Counts, any Error>

    /// A counter of the tasks in the file of `pool`, which nobody writes to yet.
    init(of pool: DatabasePool) throws {
        let snapshot = try pool.makeSnapshot()
        (self.pool, self.snapshot) = (pool, snapshot)
        base = Task {
            // While it is open, no page of the log is used again.
            do {
                let counts = try await snapshot.read { try Counts(of: $0) }
                try snapshot.close()
                return counts
            } catch {
                try snapshot.close()
                throw error
            }
        }
        pool.writeWithoutTransaction { db in
            db.add(function: DatabaseFunction("moved", argumentCount: 4) { [weak self] in try self?.note($0) })
        }
    }

    /// Ends the counting if it still goes on.
    func close() throws {
        base.cancel()
        try snapshot.close()
    }

    /// How many there are now.
    ///
    /// - Throws: a `DatabaseError` when they cannot be counted.
    func counts() async throws -> Counts {
        guard case .success(var counts) = await base.result else {
            // The snapshot could not be read, and there is no other like it.
            return try await pool.read { try Counts(of: $0) }
        }
        counts.add(state.withLock(\.committed))
        return counts
    }

    /// `moved(old, new, queue, is_composite)` is the state `new` of a task that had the state `old`, either of which may be NULL.
    private func note(_ values: [DatabaseValue]) throws -> DatabaseValue {
        let isComposite = values[3] == 1.databaseValue
        let move = try Move(
            old: Self.state(values[0]), new: Self.state(values[1]),
            queue: isComposite ? nil : String.fromDatabaseValue(values[2]))
        state.withLock { $0.pending.append(move) }
        return values[1]
    }

    private static func state(_ value: DatabaseValue) throws -> TaskState? {
        guard let text = String.fromDatabaseValue(value) else { return nil }
        guard let state = TaskState(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a task has the state \(text.prefix(20))")
        }
        return state
    }
}

// MARK: - Transactions

extension TaskCounter {
    /// How much a transaction has done so far.
    struct Mark {
        fileprivate let count: Int
        /// The beginning of a transaction.
        static let start = Mark(count: 0)
    }

    var mark: Mark {
        state.withLock { Mark(count: $0.pending.count) }
    }

    /// What the transaction has done since `mark` is undone.
    func forget(since mark: Mark) {
        state.withLock { $0.pending.removeSubrange(mark.count...) }
    }

    /// The transaction was committed.
    func commit() {
        state.withLock { state in
            for move in state.pending { state.committed.add(move) }
            state.pending = []
        }
    }
}

extension TaskCounter.Counts {
    /// Counts the tasks of a file, by indexes alone but for the rows of those that run, and of the queued ones where any of them
    /// waits for more than a slot.
    fileprivate init(of db: Database) throws {
        for row in try Row.fetchAll(db, sql: Self.byState) { states[try row.choice(0)] = row[1] }
        try count(.running, db, sql: Self.byQueue, arguments: ["running"])
        try count(.queued, db, sql: Store.readyByQueue)
        let ready = queues.lazy.filter { $0.key.state == .queued }.reduce(0) { $0 + $1.value }
        if ready < states[.queued, default: 0] { try count(.queued, db, sql: Self.byQueue, arguments: ["queued"]) }
    }

    private mutating func count(
        _ state: TaskState, _ db: Database, sql: String, arguments: StatementArguments = []
    ) throws {
        for row in try Row.fetchAll(db, sql: sql, arguments: arguments) {
            queues[TaskCounter.Place(queue: row[0], state: state)] = row[1]
        }
    }

    static let byState = "SELECT state, count(*) FROM tasks INDEXED BY tasks_state GROUP BY state"
    private static let byQueue = """
        SELECT queue, count(*) FROM tasks INDEXED BY tasks_state WHERE state = ? AND is_composite = 0 GROUP BY queue
        """

    fileprivate mutating func add(_ move: TaskCounter.Move) {
        for (state, change) in [(move.old, -1), (move.new, 1)] {
            guard let state else { continue }
            states[state, default: 0] += change
            guard let queue = move.queue, state == .queued || state == .running else { continue }
            let place = TaskCounter.Place(queue: queue, state: state)
            let count = queues[place, default: 0] + change
            // Or each name that a queue ever had would stay.
            queues[place] = count == 0 ? nil : count
        }
    }

    fileprivate mutating func add(_ changes: Self) {
        states.merge(changes.states, uniquingKeysWith: +)
        queues.merge(changes.queues, uniquingKeysWith: +)
    }
}
