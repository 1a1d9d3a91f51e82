internal import GRDB
package import Model

/// A task that cannot run any more, and how it has to end.
package struct Doomed: Sendable {
    /// A cancel request that reaches a task through its composite.
    struct Request {
        let message: String?
    }

    let id: TaskID
    let outcome: Outcome
    /// The request it ends by, which counts as one of its own; `nil` for none.
    var request: Request?

    init(id: TaskID, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }

    /// The task `id`, which ends with a composite above it.
    init(_ id: TaskID, _ cancelling: Transition.Cancelling) {
        self.init(id: id, outcome: .cancelled(.cancelled(cancelling.reason)))
        if cancelling.isRequest { request = Request(message: cancelling.reason) }
    }
}

extension Store {
    /// Tasks that cannot run any more because of others that are done, or because an attempt of their composite is, and
    /// that the commits which ended those left: at most ten thousand of each sort.
    package func doomed() async throws -> [Doomed] {
        try await read { db in
            var doomed: [Doomed] = []
            var seen: Set<TaskID> = []
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.doomedDependents)) {
                let id = TaskID(row[0])
                guard seen.insert(id).inserted else { continue }
                if let cancelling = try Transition.cancelling(id, db) {
                    doomed.append(Doomed(id, cancelling))
                } else {
                    let exception = ExceptionInfo.dependencyFailed(TaskID(row[1]), state: try row.choice(2))
                    doomed.append(Doomed(id: id, outcome: .failed(exception)))
                }
            }
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.doomedMembers)) {
                let id = TaskID(row[0])
                if let cancelling = try Transition.cancelling(id, db) {
                    doomed.append(Doomed(id, cancelling))
                } else {
                    let reason = Transition.neverStarted(TaskID(row[1]))
                    doomed.append(Doomed(id: id, outcome: .cancelled(.cancelled(reason))))
                }
            }
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.doomedEarlierMembers)) {
                let reason = Transition.attemptEnded(row[1], of: try row.choice(2))
                doomed.append(Doomed(id: TaskID(row[0]), outcome: .cancelled(.cancelled(reason))))
            }
            return doomed
        }
    }

    /// How many rows of each sort are read at once, which bounds their memory and how long the snapshot is open.
    private static let leftoversAtOnce = 10 * tasksAtOnce

    static let doomedDependents = """
        SELECT task.id, other.id, other.state FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN dependencies ON task_id = task.id CROSS JOIN tasks AS other ON other.id = after_id
        WHERE task.state IN ('held', 'queued') AND other.state IN ('failed', 'cancelled')
        LIMIT \(leftoversAtOnce)
        """

    /// Members of composites that ended before they started, or between two attempts.
    static let doomedMembers = """
        SELECT task.id, parent.id FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN tasks AS parent ON parent.id = task.parent_id
        WHERE task.state IN ('held', 'queued') AND parent.finished_at IS NOT NULL AND task.parent_attempt > parent.attempt
        LIMIT \(leftoversAtOnce)
        """

    /// Members that composites have not let go in attempts before the one that runs or is to.
    static let doomedEarlierMembers = """
        SELECT task.id, task.parent_attempt, parent.kind FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN tasks AS parent ON parent.id = task.parent_id
        WHERE task.state IN ('held', 'queued') AND task.waiting_for ->> '$.parent' IS NOT NULL
            AND task.parent_attempt < parent.attempt + (parent.state = 'queued')
        LIMIT \(leftoversAtOnce)
        """

    /// Ends `doomed` if they have not started.
    ///
    /// - Returns: every task that ended, as ``finish(_:_:progress:answers:at:whenQueued:)``.
    package func end(_ doomed: ArraySlice<Doomed>, at now: Timestamp) async throws -> [TaskRecord] {
        try await write { db in
            var transition = Transition(db: db, now: now)
            return try doomed.flatMap { try transition.end($0) }
        }
    }
}

extension Store {
    /// Tasks that wait for others that have succeeded, and that the commits which ended those left; some of them where they
    /// are many.
    package func satisfied() async throws -> [TaskID] {
        try await read { db in
            try Int64.fetchSet(db.cachedStatement(sql: Self.satisfiedDependents)).sorted().map(TaskID.init)
        }
    }

    static let satisfiedDependents = """
        SELECT task.id FROM tasks AS task INDEXED BY tasks_state
            CROSS JOIN dependencies ON task_id = task.id CROSS JOIN tasks AS other ON other.id = after_id
        WHERE task.state IN ('held', 'queued') AND other.state = 'succeeded'
        LIMIT \(leftoversAtOnce)
        """

    /// Has `tasks` wait no longer for others that have succeeded.
    package func reopen(_ tasks: ArraySlice<TaskID>, at now: Timestamp) async throws {
        try await write { db in
            for id in tasks {
                try db.cachedStatement(sql: Insertion.dropSatisfied).execute(arguments: [id.number])
                try Gate.reopen(db, where: Transition.waitsForNoMore, ["id": id.number, "now": now.description])
            }
        }
    }
}
