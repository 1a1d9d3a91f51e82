internal import GRDB
package import Model

extension Store {
    /// Removes up to `limit` tasks that were done before `instant`, the oldest first, each with all its members, tries
    /// and events. A composite stays while a member of it is not done, and a task while its `on_done` command is to run;
    /// what an unfinished task runs after is never done.
    ///
    /// - Returns: the tasks removed, members included; empty when there are no more.
    package func prune(doneBefore instant: Timestamp, limit: Int) async throws -> [TaskID] {
        try await write { db in
            let roots = try Int64.fetchAll(
                db.cachedStatement(sql: Self.prunable), arguments: ["instant": instant.description, "limit": limit])
            var removed: [TaskID] = []
            for root in roots {
                removed += try Int64.fetchAll(
                    db.cachedStatement(sql: Self.family + " SELECT id FROM family"), arguments: ["root": root]
                ).map(TaskID.init)
                // Members, tries, events and dependencies go with it (ON DELETE CASCADE).
                try db.cachedStatement(sql: "DELETE FROM tasks WHERE id = ?").execute(arguments: [root])
            }
            return removed
        }
    }

    /// A task and everything below it.
    private static let family = """
        WITH RECURSIVE family (id) AS (
            VALUES (:root) UNION ALL SELECT tasks.id FROM tasks JOIN family ON tasks.parent_id = family.id)
        """

    private static let prunable = """
        SELECT id FROM tasks AS root WHERE done_seq IS NOT NULL AND parent_id IS NULL AND finished_at < :instant
            AND NOT EXISTS (
                WITH RECURSIVE family (id) AS (
                    VALUES (root.id) UNION ALL SELECT tasks.id FROM tasks JOIN family ON tasks.parent_id = family.id)
                SELECT 1 FROM family WHERE
                    EXISTS (SELECT 1 FROM tasks WHERE id = family.id AND finished_at IS NULL)
                    OR EXISTS (SELECT 1 FROM hooks WHERE task_id = family.id))
        ORDER BY done_seq LIMIT :limit
        """
}
