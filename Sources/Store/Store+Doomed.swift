internal import GRDB
package import Model

extension Store {
    /// A task that cannot run any more, and how it has to end.
    package typealias Doomed = (id: TaskID, outcome: Outcome)

    /// The tasks that cannot run any more because of others that are done, and that the commits which ended those left.
    package func doomed() async throws -> [Doomed] {
        try await read { db in
            var doomed: [Doomed] = []
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.doomedDependents)) {
                let id = TaskID(row[0])
                if let cancelling = try Transition.cancelling(id, db) {
                    doomed.append((id, .cancelled(.cancelled(cancelling.reason))))
                } else {
                    let exception = ExceptionInfo.dependencyFailed(TaskID(row[1]), state: try row.choice(2))
                    doomed.append((id, .failed(exception)))
                }
            }
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.doomedMembers)) {
                let reason = Transition.neverStarted(TaskID(row[1]))
                doomed.append((TaskID(row[0]), .cancelled(.cancelled(reason))))
            }
            return doomed
        }
    }

    static let doomedDependents = """
        SELECT task.id, other.id, other.state FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN dependencies ON task_id = task.id CROSS JOIN tasks AS other ON other.id = after_id
        WHERE task.state IN ('held', 'queued') AND other.state IN ('failed', 'cancelled')
        """

    /// Members of composites that ended before they started, or between two attempts.
    static let doomedMembers = """
        SELECT task.id, parent.id FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN tasks AS parent ON parent.id = task.parent_id
        WHERE task.state IN ('held', 'queued') AND parent.finished_at IS NOT NULL AND task.parent_attempt > parent.attempt
        """

    /// Ends `doomed` if they have not started.
    ///
    /// - Returns: every task that ended, as ``finish(_:_:progress:answers:at:whenQueued:)``.
    package func end(_ doomed: ArraySlice<Doomed>, at now: Timestamp) async throws -> [TaskRecord] {
        try await write { db in
            var transition = Transition(db: db, now: now)
            return try doomed.flatMap { try transition.end($0.id, $0.outcome, from: [.held, .queued]) }
        }
    }
}
