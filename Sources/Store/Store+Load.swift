internal import GRDB
internal import Model

/// How much there is to do.
package struct Load: Sendable, Hashable {
    /// A number of tasks, counted no further than ``limit``.
    package struct Count: Sendable, Hashable, CustomStringConvertible {
        /// The highest number that is told apart from higher ones.
        package static let limit = 1000

        let number: Int

        package var description: String { number > Self.limit ? "more than \(Self.limit)" : "\(number)" }
    }

    package let running: Count
    package let queued: Count
}

extension Store {
    /// How many tasks run and wait to. It costs the same whatever the numbers, so that it can be asked often.
    package func load() async throws -> Load {
        try await read { db in
            func count(_ state: TaskState) throws -> Load.Count {
                let sql =
                    "SELECT count(*) FROM (SELECT 1 FROM tasks INDEXED BY tasks_state WHERE state = ? LIMIT ?)"
                let number = try Int.fetchOne(
                    db.cachedStatement(sql: sql), arguments: [state.rawValue, Load.Count.limit + 1])
                return Load.Count(number: number ?? 0)
            }
            return try Load(running: count(.running), queued: count(.queued))
        }
    }
}
