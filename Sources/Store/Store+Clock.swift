internal import GRDB
package import Model

extension Store {
    /// The tasks that sleep, or will once they are started, and were told how long and not until when.
    ///
    /// - Parameter sequence: the place in the log up to which they were told.
    package func sleepers(toldBy sequence: Int64) async throws -> [TaskID] {
        try await read { db in
            try Int64.fetchAll(db.cachedStatement(sql: Self.sleepers), arguments: [sequence]).map(TaskID.init)
        }
    }

    /// Moves the instants at which `tasks` wake by `step`, of those that still sleep: the clock was set.
    package func moveSleepers(_ tasks: [TaskID], by step: Duration) async throws {
        try await write { db in
            let instant = try db.cachedStatement(sql: "SELECT wake_at FROM tasks WHERE id = ?")
            for id in tasks {
                guard let wakes = try Row.fetchOne(instant, arguments: [id.number])?.timestamp(0) else { continue }
                try db.cachedStatement(sql: Self.moveSleeper).execute(
                    arguments: ["id": id.number, "instant": (wakes + step).description])
            }
        }
    }

    static let sleepers = """
        SELECT id FROM tasks WHERE state IN ('held', 'queued') AND wake_at IS NOT NULL
            AND (waiting_for ->> '$.retry' IS NOT NULL OR job ->> '$.delay' IS NOT NULL)
            AND (SELECT max(seq) FROM events WHERE task_id = tasks.id) <= ?
        """

    private static let moveSleeper = """
        UPDATE tasks SET wake_at = :instant, waiting_for = CASE
            WHEN waiting_for ->> '$.retry' IS NOT NULL THEN json_object('retry', :instant)
            WHEN waiting_for ->> '$.delay' IS NOT NULL THEN json_object('delay', :instant)
            ELSE waiting_for END
        WHERE id = :id
        """
}
