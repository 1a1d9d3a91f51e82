internal import GRDB
package import Model

extension Store {
    /// Takes ready tasks into `running`: the composites, which occupy no slot, oldest first and ``compositesAtOnce`` at most;
    /// and up to `limit` of the others, the highest priority first, then the oldest.
    ///
    /// - Parameter running: how many tasks run in each queue now; a queue's own limit counts from there.
    /// - Parameter userSlots: how many more tasks of a user may run, for those whose number is limited.
    package func claim(
        limit: Int, running: [String: Int], userSlots: [UInt32: Int] = [:], at now: Timestamp
    ) async throws -> (composites: [TaskRecord], tasks: [TaskRecord]) {
        try await write { db in
            let composites = try Int64.fetchAll(
                db.cachedStatement(sql: Self.readyComposites), arguments: [Self.compositesAtOnce])
            return (
                composites: try composites.compactMap { try Self.start(db, TaskID($0), at: now) },
                tasks: limit > 0 ? try Self.claimTasks(db, limit, running, userSlots, at: now) : []
            )
        }
    }

    private static func claimTasks(
        _ db: Database, _ limit: Int, _ running: [String: Int], _ userSlots: [UInt32: Int], at now: Timestamp
    ) throws -> [TaskRecord] {
        var (running, userSlots) = (running, userSlots)
        var claimed: [TaskRecord] = []
        var mayBeMore = true
        while mayBeMore {
            mayBeMore = false
            for head in try heads(db, limit - claimed.count, running, userSlots) where claimed.count < limit {
                // The last place of its user went to another queue, and behind it in its own there may be others' tasks.
                guard head.takeSlot(from: &userSlots) else {
                    mayBeMore = true
                    break
                }
                guard let record = try start(db, TaskID(head.id), at: now) else { continue }
                claimed.append(record)
                running[record.queue, default: 0] += 1
            }
        }
        return claimed
    }

    /// The first ready tasks of all queues, in the order in which they are claimed.
    private static func heads(
        _ db: Database, _ limit: Int, _ running: [String: Int], _ userSlots: [UInt32: Int]
    ) throws -> [Head] {
        var heads: [Head] = []
        for queue in try Row.fetchAll(db.cachedStatement(sql: Self.readyQueues)) {
            let name: String = queue[0]
            let maximum: Int? = queue[1]
            let free = min(limit, maximum.map { $0 - running[name, default: 0] } ?? limit)
            guard free > 0 else { continue }
            heads += try Self.heads(db, of: name, limit: free, userSlots: userSlots)
        }
        return heads.sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
    }

    /// The queues that have ready tasks and are not paused, each found by one step into the index behind the one before:
    /// however many queues have none.
    static let readyQueues = """
        WITH RECURSIVE ready (queue) AS (
            SELECT (\(nextReadyQueue("tasks.queue > ''")))
            UNION ALL
            SELECT (\(nextReadyQueue("tasks.queue > ready.queue"))) FROM ready WHERE ready.queue IS NOT NULL)
        SELECT name, max_running FROM ready CROSS JOIN queues ON name = ready.queue WHERE paused = 0
        """

    private static func nextReadyQueue(_ condition: String) -> String {
        """
        SELECT tasks.queue FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 AND \(condition)
        ORDER BY tasks.queue LIMIT 1
        """
    }

    /// A ready task.
    private struct Head {
        let priority: Int
        let id: Int64
        let owner: UInt32?

        /// Takes one slot of its user; `false` when there is none left.
        func takeSlot(from userSlots: inout [UInt32: Int]) -> Bool {
            guard let owner, let slots = userSlots[owner] else { return true }
            userSlots[owner] = slots - 1
            return slots > 0
        }

        /// Whether it has taken the last slot of its user.
        func isLast(of userSlots: [UInt32: Int]) -> Bool { owner.flatMap { userSlots[$0] } == 0 }
    }

    /// The first ready tasks of a queue whose users have free slots.
    private static func heads(
        _ db: Database, of queue: String, limit: Int, userSlots: [UInt32: Int]
    ) throws -> [Head] {
        guard !userSlots.isEmpty else {
            let rows = try Row.fetchAll(db.cachedStatement(sql: queueHead), arguments: [queue, limit])
            return rows.map { Head(priority: $0[0], id: $0[1], owner: nil) }
        }
        var userSlots = userSlots
        var heads: [Int64: Head] = [:]
        var mayBeMore = true
        while mayBeMore {
            mayBeMore = false
            let full = userSlots.filter { $0.value <= 0 }.keys
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: queueHeadWithSlots), arguments: [queue, full.jsonText])
            while heads.count < limit, let row = try rows.next() {
                let head = Head(priority: row[0], id: row[1], owner: try row.number(2))
                guard heads[head.id] == nil, head.takeSlot(from: &userSlots) else { continue }
                heads[head.id] = head
                // With the last slot of a user, all the others that they have are passed over: in the index alone.
                mayBeMore = head.isLast(of: userSlots)
                if mayBeMore { break }
            }
        }
        return Array(heads.values)
    }

    // The planner, which knows no sizes, takes an index of all tasks in a state for as good as one of the ready ones.
    static let queueHead = """
        SELECT priority, id FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 AND queue = ?
        ORDER BY priority DESC, id LIMIT ?
        """

    /// Those of users who may not run any more are passed over in the index alone.
    static let queueHeadWithSlots = """
        SELECT priority, id, submitted_uid FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 AND queue = ?
            AND (submitted_uid IS NULL OR submitted_uid NOT IN (SELECT value FROM json_each(?)))
        ORDER BY priority DESC, id
        """

    /// How many composites are claimed at once at most.
    package static let compositesAtOnce = 1000

    static let readyComposites = """
        SELECT id FROM tasks INDEXED BY tasks_ready_composites
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 1 ORDER BY id LIMIT ?
        """

    private static func start(_ db: Database, _ id: TaskID, at now: Timestamp) throws -> TaskRecord? {
        let record = try TaskRecord.first(
            db,
            """
            UPDATE tasks SET state = moved(state, 'running', queue, is_composite), attempt = attempt + 1,
                started_at = ?, wake_at = NULL, timed_out = 0
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
                    UPDATE tasks SET state = moved(state, 'queued', queue, is_composite), waiting_for =
                        CASE WHEN waiting_for ->> '$.parent' IS NOT NULL THEN waiting_for ELSE \(Gate.next) END
                    WHERE id = :id AND state = 'held'
                    """
            ).execute(arguments: ["id": id.number, "now": now.description])
            guard db.changesCount == 1 else { return nil }
            try Event.append(db, .released, id, at: now)
            return try TaskRecord.find(db, id)
        }
    }

    /// Opens the gate of the tasks whose time has come, ``sleepersAtOnce`` at most.
    ///
    /// - Returns: whether there may be more of them.
    @discardableResult
    package func wake(at now: Timestamp) async throws -> Bool {
        try await write { db in
            try db.cachedStatement(sql: Self.wakeSleepers).execute(arguments: [now.description, Self.sleepersAtOnce])
            return db.changesCount == Self.sleepersAtOnce
        }
    }

    /// How many sleeping tasks are woken or moved in one commit.
    package static let sleepersAtOnce = 1000

    static let wakeSleepers = """
        UPDATE tasks SET wake_at = NULL, waiting_for = CASE
            WHEN waiting_for ->> '$.delay' IS NOT NULL OR waiting_for ->> '$.retry' IS NOT NULL THEN NULL
            ELSE waiting_for END
        WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_asleep WHERE state = 'queued' AND wake_at <= ? LIMIT ?)
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

extension Collection<UInt32> {
    /// The users as a JSON array, for `json_each`.
    var jsonText: String { JSONValue.array(map { JSONValue($0) }).text() }
}
