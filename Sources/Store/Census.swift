internal import GRDB
internal import Model
internal import Synchronization

/// How many tasks there are, by state and queue, without counting them for each question.
///
/// They are counted once, on a snapshot of the file as it was opened, while the daemon already works. From then on triggers of
/// the writing connection tell of each row that comes, goes or changes, and what they tell counts once it is committed.
final class Census: Sendable {
    /// Numbers of tasks; what is missing is none.
    struct Counts {
        var states: [TaskState: Int] = [:]
        /// The tasks in a queue, by state; composites, which take no slot, are left out here and below.
        var queues: [Place: Int] = [:]
        /// Those that wait for nothing but a slot, by queue.
        var ready: [String: Int] = [:]
    }

    /// A state of tasks in one queue.
    struct Place: Hashable {
        let queue: String
        let state: TaskState
    }

    /// A task that came (1) or went (-1); one that changes goes as what it was and comes as what it is.
    fileprivate struct Change {
        let count: Int
        let place: Place
        let isComposite: Bool
        let isReady: Bool
    }

    private struct State {
        /// What has changed since the file was opened.
        var committed = Counts()
        /// What the transaction that is going on has changed.
        var pending: [Change] = []
    }

    private let state = Mutex(State())
    private let snapshot: DatabaseSnapshot
    private let base: Task<Counts, any Error>

    /// A census of the tasks in the file of `pool`, which nobody writes to yet.
    init(of pool: DatabasePool) throws {
        let snapshot = try pool.makeSnapshot()
        self.snapshot = snapshot
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
        try pool.writeWithoutTransaction { db in
            db.add(function: DatabaseFunction("census", argumentCount: 5) { [weak self] in try self?.note($0) })
            try db.execute(sql: Self.triggers)
        }
    }

    /// Ends the counting if it still goes on.
    func close() throws {
        snapshot.interrupt()
        try snapshot.close()
    }

    /// How many there are now.
    ///
    /// - Throws: a `DatabaseError` when they could not be counted.
    func counts() async throws -> Counts {
        var counts = try await base.value
        counts.add(state.withLock(\.committed))
        return counts
    }

    private static let triggers = """
        CREATE TEMP TRIGGER census_insert AFTER INSERT ON main.tasks BEGIN
            SELECT census(1, NEW.state, NEW.queue, NEW.is_composite, NEW.waiting_for IS NULL);
        END;
        CREATE TEMP TRIGGER census_delete AFTER DELETE ON main.tasks BEGIN
            SELECT census(-1, OLD.state, OLD.queue, OLD.is_composite, OLD.waiting_for IS NULL);
        END;
        CREATE TEMP TRIGGER census_update AFTER UPDATE OF state, queue, waiting_for ON main.tasks BEGIN
            SELECT census(-1, OLD.state, OLD.queue, OLD.is_composite, OLD.waiting_for IS NULL),
                census(1, NEW.state, NEW.queue, NEW.is_composite, NEW.waiting_for IS NULL);
        END;
        """

    private func note(_ values: [DatabaseValue]) throws -> Int? {
        guard let count = Int.fromDatabaseValue(values[0]), let queue = String.fromDatabaseValue(values[2]),
            let task = String.fromDatabaseValue(values[1]).flatMap(TaskState.init(rawValue:))
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a task has no state or no queue") }
        let change = Change(
            count: count, place: Place(queue: queue, state: task), isComposite: values[3] == 1.databaseValue,
            isReady: values[4] == 1.databaseValue)
        state.withLock { $0.pending.append(change) }
        return nil
    }
}

// MARK: - Transactions

extension Census {
    /// How much a transaction has changed so far.
    struct Mark {
        fileprivate let count: Int
        /// The beginning of a transaction.
        static let start = Mark(count: 0)
    }

    var mark: Mark {
        state.withLock { Mark(count: $0.pending.count) }
    }

    /// The transaction, or what was left of one that failed, is undone from `mark` on.
    func forget(since mark: Mark) {
        state.withLock { $0.pending.removeSubrange(mark.count...) }
    }

    /// The transaction was committed.
    func commit() {
        state.withLock { state in
            for change in state.pending { state.committed.add(change) }
            state.pending = []
        }
    }
}

extension Census.Counts {
    /// Counts the tasks of a file. What is done is counted in an index alone, and so is what is ready; rows are read only where
    /// queued tasks wait for something.
    fileprivate init(of db: Database) throws {
        for row in try Row.fetchAll(db, sql: Self.byState) { states[try row.choice(0)] = row[1] }
        for row in try Row.fetchAll(db, sql: Self.readyByQueue) { ready[row[0]] = row[1] }
        let areAllReady = ready.values.reduce(0, +) == states[.queued, default: 0]
        if areAllReady {
            for (queue, count) in ready { queues[Census.Place(queue: queue, state: .queued)] = count }
        }
        let states: [TaskState] = areAllReady ? [.running] : [.running, .queued]
        for state in states {
            for row in try Row.fetchAll(db, sql: Self.byQueue, arguments: [state.rawValue]) {
                queues[Census.Place(queue: row[0], state: state)] = row[1]
            }
        }
    }

    static let byState = "SELECT state, count(*) FROM tasks INDEXED BY tasks_state GROUP BY state"
    static let readyByQueue = """
        SELECT queue, count(*) FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 GROUP BY queue
        """
    static let byQueue = """
        SELECT queue, count(*) FROM tasks INDEXED BY tasks_state WHERE state = ? AND is_composite = 0 GROUP BY queue
        """

    fileprivate mutating func add(_ change: Census.Change) {
        states[change.place.state, default: 0] += change.count
        guard !change.isComposite else { return }
        queues[change.place, default: 0] += change.count
        if change.place.state == .queued && change.isReady { ready[change.place.queue, default: 0] += change.count }
    }

    fileprivate mutating func add(_ changes: Self) {
        states.merge(changes.states, uniquingKeysWith: +)
        queues.merge(changes.queues, uniquingKeysWith: +)
        ready.merge(changes.ready, uniquingKeysWith: +)
    }
}
