internal import GRDB
package import Model

extension Store {
    /// Moves the instants at which sleeping tasks wake that were told how long to sleep, and not until when: the clock was set.
    ///
    /// - Parameters:
    ///   - step: by how much.
    ///   - sequence: the place in the log up to which tasks went to sleep by the clock as it was before.
    ///   - first: the task to begin with.
    ///   - limit: how many are looked at.
    /// - Returns: the task to go on with; `nil` when there are no more.
    package func moveSleepers(
        by step: Duration, asleepBy sequence: Int64, from first: TaskID, limit: Int
    ) async throws -> TaskID? {
        try await write { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: Self.sleepers), arguments: [first.number, sequence, limit])
            for row in rows {
                guard let instant = try row.timestamp(1) else { continue }
                try db.cachedStatement(sql: Self.moveSleeper).execute(
                    arguments: ["id": row[0] as Int64, "instant": (instant + step).description])
            }
            return rows.count < limit ? nil : rows.last.map { TaskID($0[0] + 1) }
        }
    }

    private static let sleepers = """
        SELECT id, wake_at FROM tasks INDEXED BY tasks_asleep
        WHERE state = 'queued' AND wake_at IS NOT NULL AND id >= ?
            AND (waiting_for ->> '$.retry' IS NOT NULL OR job ->> '$.delay' IS NOT NULL)
            AND (SELECT max(seq) FROM events WHERE task_id = tasks.id) <= ?
        ORDER BY id LIMIT ?
        """

    private static let moveSleeper = """
        UPDATE tasks SET wake_at = :instant, waiting_for = CASE
            WHEN waiting_for ->> '$.retry' IS NOT NULL THEN json_object('retry', :instant)
            WHEN waiting_for ->> '$.delay' IS NOT NULL THEN json_object('delay', :instant)
            ELSE waiting_for END
        WHERE id = :id
        """
}
