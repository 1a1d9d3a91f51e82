internal import GRDB
package import Model

extension Store {
    /// Which of the done tasks may go.
    package enum Prunable: Sendable, Hashable {
        /// Those that were done before an instant.
        case doneBefore(Timestamp)
        /// Those whose place in completion order is this one or an earlier one.
        case upTo(sequence: Int64)
    }

    /// Removes up to `limit` tasks that may go, the oldest first, with their attempts and events, and the queues that this
    /// leaves empty and unconfigured. Members go before their composite, and all of them: a large one goes in several calls.
    ///
    /// A task stays while
    /// - a member of it is unfinished,
    /// - its `on_done` command is still to run,
    /// - an unfinished task runs after it, or
    /// - it did not succeed, and an unfinished composite has a member that ran after it: the next attempt's member runs after
    ///   it too.
    ///
    /// - Parameter oldest: what others are measured against stays if it was done since then, with what it belongs to and what
    ///   belongs to it; `nil` for nothing that stays.
    /// - Returns: the tasks removed, which may have gone already by somebody else's prune; `nil` when there are no more.
    package func prune(
        _ prunable: Prunable, keepingMeasuresSince oldest: Timestamp? = nil, limit: Int
    ) async throws -> [TaskID]? {
        // Found on the side, so that nobody who writes waits for it; the last look sees what has come since.
        let found = try await read { db in try Self.oldest(prunable, sparing: oldest, limit: limit, db) }
        guard !found.isEmpty else { return nil }
        return try await write { db in
            var removed: [TaskID] = []
            var queues: Set<String> = []
            for id in found {
                let last = try Row.fetchOne(db.cachedStatement(sql: Self.lastLook), arguments: [id.number])
                guard let last else { continue }
                queues.insert(last[0])
                // Tries, events and dependencies go with it (ON DELETE CASCADE).
                try db.cachedStatement(sql: "DELETE FROM tasks WHERE id = ?").execute(arguments: [id.number])
                removed.append(id)
            }
            for queue in queues {
                try db.cachedStatement(sql: Self.dropUnused).execute(arguments: ["queue": queue])
            }
            return removed
        }
    }

    /// A task on its way out, unless something has come to run after it since it was found, or after a member of it, which then
    /// is still there.
    private static let lastLook = """
        SELECT queue, moved(state, NULL, queue, is_composite) FROM tasks WHERE id = ? AND NOT \(isDependedUpon)
            AND NOT EXISTS (SELECT 1 FROM tasks AS member WHERE member.parent_id = tasks.id)
        """

    /// SQL for whether something that is not done, or that belongs to something that is not, runs after a task.
    private static let isDependedUpon = """
        EXISTS (
            SELECT 1 FROM dependencies CROSS JOIN tasks AS dependent ON dependent.id = task_id
            WHERE after_id = tasks.id AND EXISTS (\(unfinishedDependents)))
        """

    private static let dropUnused = """
        DELETE FROM queues WHERE name = :queue AND name <> 'default' AND max_running IS NULL AND paused = 0
            AND NOT EXISTS (SELECT 1 FROM tasks INDEXED BY tasks_queue WHERE queue = :queue)
        """

    /// The first `limit` tasks that may go, in an order in which they can.
    private static func oldest(
        _ prunable: Prunable, sparing measures: Timestamp?, limit: Int, _ db: Database
    ) throws -> [TaskID] {
        var found: [TaskID] = []
        let done = try Row.fetchCursor(db.cachedStatement(sql: doneTasks))
        var others = 0
        // In completion order all that may go come first, but for what was done while the clock was wrong.
        while found.count < limit, others < maximumConsecutiveSkips, let row = try done.next() {
            guard try prunable.covers(row) else {
                others += 1
                continue
            }
            others = 0
            guard row.hasNull(atIndex: 3) else { continue }
            found += try family(of: TaskID(row[0]), sparing: measures, db).prefix(limit - found.count)
        }
        return found
    }

    /// After how many in a row that may not go none is looked for any more.
    private static let maximumConsecutiveSkips = 1000

    static let doneTasks = """
        SELECT id, done_seq, finished_at, parent_id FROM tasks INDEXED BY tasks_done
        WHERE done_seq IS NOT NULL ORDER BY done_seq
        """

    /// A task and everything below it, members first; empty when some of it has to stay.
    private static func family(of root: TaskID, sparing measures: Timestamp?, _ db: Database) throws -> [TaskID] {
        var family: [TaskID] = []
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: familyOf), arguments: ["root": root.number, "oldest": measures?.description])
        while let row = try rows.next() {
            guard row[1] else { return [] }
            family.append(TaskID(row[0]))
        }
        return family
    }

    /// How many are kept of what others are measured against, the latest: a question that has the date in it is asked once.
    private static let maximumMeasures = 1000

    /// SQL for the tasks that are not done of a dependent one and what that belongs to.
    private static let unfinishedDependents = """
        WITH RECURSIVE lineage (parent_id, finished_at) AS (
            VALUES (dependent.parent_id, dependent.finished_at) UNION ALL
            SELECT tasks.parent_id, tasks.finished_at FROM lineage CROSS JOIN tasks ON tasks.id = lineage.parent_id)
        SELECT 1 FROM lineage WHERE finished_at IS NULL
        """

    /// Whatever belongs to a task was made after it.
    private static let familyOf = """
        WITH RECURSIVE family (id) AS (
            VALUES (:root) UNION ALL SELECT tasks.id FROM tasks JOIN family ON tasks.parent_id = family.id)
        SELECT tasks.id, finished_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hooks WHERE task_id = tasks.id)
            AND NOT \(isDependedUpon)
            AND NOT (:oldest IS NOT NULL AND finished_at >= :oldest
                AND EXISTS (SELECT 1 FROM measures WHERE task_id = tasks.id)
                AND tasks.id NOT IN (
                    SELECT DISTINCT task_id FROM measures ORDER BY task_id DESC LIMIT -1 OFFSET \(maximumMeasures)))
        FROM family CROSS JOIN tasks ON tasks.id = family.id ORDER BY tasks.id DESC
        """

    /// The place in completion order of the youngest task that may go when `count` of the done ones are to stay, members
    /// not counted; `nil` when there are no more than that.
    package func lastToGo(keeping count: Int) async throws -> Int64? {
        try await read { db in
            try Int64.fetchOne(db.cachedStatement(sql: Self.youngestBeyond), arguments: [count])
        }
    }

    static let youngestBeyond = """
        SELECT done_seq FROM tasks INDEXED BY tasks_done WHERE done_seq IS NOT NULL AND parent_id IS NULL
        ORDER BY done_seq DESC LIMIT 1 OFFSET ?
        """

    /// How many bytes of the history file hold something.
    package func bytesInUse() async throws -> Int64 {
        try await read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return try (pages - free) * (Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
    }
}

extension Store.Prunable {
    /// Whether the task of a row of ``Store/doneTasks`` is one of them.
    fileprivate func covers(_ row: Row) throws -> Bool {
        switch self {
        case .doneBefore(let instant): try row.timestamp(2).map { $0 < instant } ?? false
        case .upTo(let sequence): row[1] <= sequence
        }
    }
}
