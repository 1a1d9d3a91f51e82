internal import GRDB
package import Model

extension Store {
    /// Takes up to `limit` ready tasks into `running`, the highest priority first, then the oldest.
    ///
    /// - Parameter running: how many tasks run in each queue now; a queue's own limit counts from there.
    package func claim(
        limit: Int, running: [String: Int], at now: Timestamp
    ) async throws -> [TaskRecord] {
        try await write { db in
            var heads: [(priority: Int, id: Int64)] = []
            let queues = try Row.fetchAll(
                db.cachedStatement(sql: "SELECT name, max_running FROM queues WHERE paused = 0"))
            for queue in queues {
                let name: String = queue[0]
                let maximum: Int? = queue[1]
                let free = min(limit, maximum.map { $0 - running[name, default: 0] } ?? limit)
                guard free > 0 else { continue }
                let rows = try Row.fetchAll(db.cachedStatement(sql: Self.queueHead), arguments: [name, free])
                heads += rows.map { ($0[0], $0[1]) }
            }
            heads.sort { ($1.priority, $0.id) < ($0.priority, $1.id) }
            return try heads.prefix(limit).compactMap { try Self.start(db, TaskID($0.id), at: now) }
        }
    }

    // The planner, which knows no sizes, takes an index of all tasks in a state for as good as one of the ready ones.
    static let queueHead = """
        SELECT priority, id FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 AND queue = ?
        ORDER BY priority DESC, id LIMIT ?
        """

    /// How many composites ``claimComposites(at:)`` takes at most.
    package static let compositesAtOnce = 1000

    static let readyComposites = """
        SELECT id FROM tasks INDEXED BY tasks_ready_composites
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 1 ORDER BY id LIMIT ?
        """

    /// Takes the ready composites into `running`; they occupy no slot.
    package func claimComposites(at now: Timestamp) async throws -> [TaskRecord] {
        try await write { db in
            let ids = try Int64.fetchAll(
                db.cachedStatement(sql: Self.readyComposites), arguments: [Self.compositesAtOnce])
            return try ids.compactMap { try Self.start(db, TaskID($0), at: now) }
        }
    }

    private static func start(_ db: Database, _ id: TaskID, at now: Timestamp) throws -> TaskRecord? {
        let record = try TaskRecord.first(
            db,
            """
            UPDATE tasks SET state = 'running', attempt = attempt + 1, started_at = ?, wake_at = NULL, timed_out = 0
            WHERE id = ? AND state = 'queued' AND waiting_for IS NULL RETURNING \(TaskRecord.columns)
            """, [now.description, id.number])
        if let record { try Event.append(db, .started, id, at: now, data: ["attempt": JSONValue(record.attempt)]) }
        return record
    }

    /// Lets a held task go.
    ///
    /// - Returns: the task as it then is, or `nil` when it is not held.
    package func start(_ id: TaskID, at now: Timestamp) async throws -> TaskRecord? {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    UPDATE tasks SET state = 'queued', waiting_for =
                        CASE WHEN waiting_for ->> '$.parent' IS NOT NULL THEN waiting_for ELSE \(Gate.next) END
                    WHERE id = :id AND state = 'held'
                    """
            ).execute(arguments: ["id": id.number, "now": now.description])
            guard db.changesCount == 1 else { return nil }
            try Event.append(db, .released, id, at: now)
            return try TaskRecord.find(db, id)
        }
    }

    /// Opens the gate of the tasks whose time has come.
    package func wake(at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: Self.wakeSleepers).execute(arguments: [now.description])
        }
    }

    static let wakeSleepers = """
        UPDATE tasks INDEXED BY tasks_asleep SET wake_at = NULL, waiting_for = CASE
            WHEN waiting_for ->> '$.delay' IS NOT NULL OR waiting_for ->> '$.retry' IS NOT NULL THEN NULL
            ELSE waiting_for END
        WHERE state = 'queued' AND wake_at <= ?
        """

    /// When the next sleeping task wakes, or `nil` when none sleeps.
    package func nextWake() async throws -> Timestamp? {
        try await read { db in
            try Row.fetchOne(db.cachedStatement(sql: Self.nextSleeper)).flatMap { try $0.timestamp(0) }
        }
    }

    static let nextSleeper = """
        SELECT wake_at FROM tasks INDEXED BY tasks_asleep
        WHERE state = 'queued' AND wake_at IS NOT NULL ORDER BY wake_at LIMIT 1
        """
}
