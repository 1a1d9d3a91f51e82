import GRDB
package import Model

/// What inventories are measured against: by what was asked, the last that was answered well.
extension Store {
    /// The inventories that answered `questions` last, by question.
    package func measures(of questions: Set<String>) async throws -> [String: TaskID] {
        try await read { db in
            var measures: [String: TaskID] = [:]
            for question in questions {
                let sql = "SELECT task_id FROM measures WHERE question = ?"
                let id = try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [question])
                measures[question] = id.map(TaskID.init)
            }
            return measures
        }
    }

    /// Notes which inventories have answered which questions last.
    package func note(_ measures: [String: TaskID]) async throws {
        try await write { db in
            for (question, id) in measures {
                let sql = "INSERT OR IGNORE INTO measures (question, task_id) VALUES (?, ?)"
                try db.cachedStatement(sql: sql).execute(arguments: [question, id.number])
            }
        }
    }

    /// Whether there are inventories, but nobody has noted what they answered: they are older than `measures`.
    package func lacksMeasures() async throws -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT NOT EXISTS (SELECT 1 FROM measures)
                        AND EXISTS (SELECT 1 FROM tasks INDEXED BY tasks_kind WHERE kind = 'inventory' AND state = 'succeeded')
                    """) ?? false
        }
    }

    /// The inventories before the task `id` that have succeeded, the latest first.
    package func inventories(before id: TaskID, limit: Int) async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db,
                """
                SELECT \(TaskRecord.columns) FROM tasks INDEXED BY tasks_kind
                WHERE kind = 'inventory' AND id < ? AND state = 'succeeded' ORDER BY id DESC LIMIT ?
                """, [id.number, limit])
        }
    }
}
