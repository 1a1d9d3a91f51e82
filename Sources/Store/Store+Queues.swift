internal import GRDB
package import Model

/// A named limit on how many tasks run at once.
package struct QueueStatus: Sendable, Hashable {
    package let name: String
    /// How many of its tasks may run at once; `nil` for no limit of its own.
    package let maximumRunning: Int?
    /// Whether it starts no tasks for now.
    package let isPaused: Bool
    package let queued: Int
    package let running: Int

    /// The queue as the wire shows it.
    package var json: JSONValue {
        [
            "name": .string(name), "max_running": JSONValue(maximumRunning), "paused": .bool(isPaused),
            "queued": JSONValue(queued), "running": JSONValue(running),
        ]
    }
}

extension Store {
    /// All queues by name, with what stands in them.
    package func queues() async throws -> [QueueStatus] {
        let counts = try await taskCounts()
        return try await read { db in
            try Row.fetchAll(db.cachedStatement(sql: Self.queueRules + " ORDER BY name")).map {
                QueueStatus(row: $0, counts)
            }
        }
    }

    /// The limit of the queue called `name`, and whether it is paused; `nil` when there is no such queue.
    package func queueRule(_ name: String) async throws -> (maximumRunning: Int?, isPaused: Bool)? {
        try await read { db in
            let sql = "SELECT max_running, paused FROM queues WHERE name = ?"
            return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [name]).map { ($0[0], $0[1]) }
        }
    }

    /// Changes a queue, making it when it is new.
    ///
    /// - Parameter whenQueued: is called before the commit; a claim that follows it knows of the change.
    package func changeQueue(
        _ name: String, _ change: QueueChange, whenQueued: () -> Void = {}
    ) async throws -> QueueStatus {
        let (maximumRunning, isPaused) = try await write(whenQueued: whenQueued) { db -> (Int?, Bool) in
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO queues (name) VALUES (?)").execute(arguments: [name])
            if let limit = change.maximumRunning {
                try db.cachedStatement(sql: "UPDATE queues SET max_running = ? WHERE name = ?")
                    .execute(arguments: [limit.number, name])
            }
            if let isPaused = change.isPaused {
                try db.cachedStatement(sql: "UPDATE queues SET paused = ? WHERE name = ?")
                    .execute(arguments: [isPaused, name])
            }
            let row = try Row.fetchOne(db.cachedStatement(sql: Self.queueRules + " WHERE name = ?"), arguments: [name])
            guard let row else { preconditionFailure("a queue that was just inserted is missing") }
            return (row[1], row[2])
        }
        return QueueStatus(name: name, maximumRunning: maximumRunning, isPaused: isPaused, try await taskCounts())
    }

    private static let queueRules = "SELECT name, max_running, paused FROM queues"
}

extension QueueChange.Limit {
    /// The limit as the history writes it: NULL for none.
    fileprivate var number: Int? {
        switch self {
        case .unlimited: nil
        case .tasks(let number): number
        }
    }
}

extension QueueStatus {
    fileprivate init(row: Row, _ counts: TaskCounter.Counts) {
        self.init(name: row[0], maximumRunning: row[1], isPaused: row[2], counts)
    }

    fileprivate init(name: String, maximumRunning: Int?, isPaused: Bool, _ counts: TaskCounter.Counts) {
        func count(_ state: TaskState) -> Int {
            counts.queues[TaskCounter.Place(queue: name, state: state), default: 0]
        }
        self.init(
            name: name, maximumRunning: maximumRunning, isPaused: isPaused, queued: count(.queued),
            running: count(.running))
    }
}
