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

    /// Removes up to `limit` tasks that may go, the oldest first, each with all its members, tries and events. A
    /// composite stays while a member of it is not done, and a task while its `on_done` command is to run;
    /// what an unfinished task runs after is never done.
    ///
    /// - Returns: the tasks removed, members included; empty when there are no more.
    package func prune(_ prunable: Prunable, limit: Int) async throws -> [TaskID] {
        try await write { db in
            let roots = try Int64.fetchAll(
                db.cachedStatement(sql: Self.oldest(prunable)),
                arguments: [prunable.bound, limit])
            var removed: [TaskID] = []
            for root in roots {
                let family = try db.cachedStatement(sql: Self.family)
                removed += try Int64.fetchAll(family, arguments: ["root": root]).map(TaskID.init)
                // Members, tries, events and dependencies go with it (ON DELETE CASCADE).
                try db.cachedStatement(sql: "DELETE FROM tasks WHERE id = ?").execute(arguments: [root])
            }
            return removed
        }
    }

    /// A task and everything below it, on its way out.
    private static let family = """
        WITH RECURSIVE family (id) AS (
            VALUES (:root) UNION ALL SELECT tasks.id FROM tasks JOIN family ON tasks.parent_id = family.id)
        SELECT tasks.id, moved(state, NULL, queue, is_composite) FROM family CROSS JOIN tasks ON tasks.id = family.id
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

    static func oldest(_ prunable: Prunable) -> String {
        """
        SELECT id FROM tasks AS root INDEXED BY tasks_done
        WHERE done_seq IS NOT NULL AND parent_id IS NULL AND \(prunable.condition)
            AND NOT EXISTS (
                WITH RECURSIVE family (id) AS (
                    VALUES (root.id) UNION ALL SELECT tasks.id FROM tasks JOIN family ON tasks.parent_id = family.id)
                SELECT 1 FROM family WHERE
                    EXISTS (SELECT 1 FROM tasks WHERE id = family.id AND finished_at IS NULL)
                    OR EXISTS (SELECT 1 FROM hooks WHERE task_id = family.id))
        ORDER BY done_seq LIMIT ?2
        """
    }
}

extension Store.Prunable {
    fileprivate var condition: String {
        switch self {
        case .doneBefore: "finished_at < ?1"
        case .upTo: "done_seq <= ?1"
        }
    }

    fileprivate var bound: any DatabaseValueConvertible {
        switch self {
        case .doneBefore(let instant): instant.description
        case .upTo(let sequence): sequence
        }
    }
}
