internal import GRDB
package import Model

extension Store {
    /// The most tasks that ``countAhead(of:passingOver:)`` counts.
    package static let maximumCountedAhead = 10_000

    /// How many ready tasks of its queue are claimed before the ready task `task`, up to ``maximumCountedAhead``.
    ///
    /// - Parameter full: the users whose tasks are not claimed now.
    package func countAhead(of task: TaskRecord, passingOver full: [UInt32] = []) async throws -> Int {
        try await read { db in
            let arguments: StatementArguments = [
                "queue": task.queue, "priority": task.priority, "id": task.id.number, "most": Self.maximumCountedAhead,
                "full": full.jsonText,
            ]
            return try Int.fetchOne(db.cachedStatement(sql: Self.ahead), arguments: arguments) ?? 0
        }
    }

    static let ahead = """
        SELECT count(*) FROM (
            SELECT 1 FROM tasks INDEXED BY tasks_ready
            WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 AND queue = :queue
                AND (priority > :priority OR priority = :priority AND id < :id)
                AND (submitted_uid IS NULL OR submitted_uid NOT IN (SELECT value FROM json_each(:full)))
            LIMIT :most)
        """
}
