internal import GRDB
package import Model

extension Store {
    /// Ends a running task: its outcome, its place in completion order, its event and its hook, in one transaction.
    ///
    /// - Parameter progress: how far it had come; `nil` for as far as was noted before.
    /// - Parameter answers: what it is the measure of from now on.
    /// - Parameter whenQueued: is called before the commit; a claim that follows it finds what the end lets go.
    /// - Returns: every task that ended by it, the task itself first, then those that cannot run any more, of which there may
    ///   be others if they are ``tasksAtOnce``; none when the task was not running. And whether its success has left tasks
    ///   waiting, which ``satisfied()`` finds.
    package func finish(
        _ id: TaskID, _ report: RunReport, progress: Progress? = nil, answers: [String] = [], at now: Timestamp,
        whenQueued: () -> Void = {}
    ) async throws -> (ended: [TaskRecord], leavesWaiting: Bool) {
        try await write(whenQueued: whenQueued) { db in
            var transition = Transition(db: db, now: now)
            let ended = try transition.end(
                id, report.outcome, from: [.running], detail: report.detail, progress: progress)
            guard !ended.isEmpty else { return ([], false) }
            for question in answers {
                let sql = "INSERT OR REPLACE INTO measures (question, task_id) VALUES (?, ?)"
                try db.cachedStatement(sql: sql).execute(arguments: [question, id.number])
            }
            guard case .succeeded = report.outcome else { return (ended, false) }
            return (ended, try Self.isWaitedFor(db, id))
        }
    }

    private static func isWaitedFor(_ db: Database, _ id: TaskID) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM dependencies WHERE after_id = ?)"
        return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: [id.number]) ?? false
    }

    /// Puts a running task back into its queue, because this try failed and there are more, or because it was
    /// interrupted and may run again.
    ///
    /// - Parameter wakeAt: when it may run again; `nil` for at once.
    /// - Returns: whether it was; a task that somebody has asked to end is not tried again.
    package func requeue(
        _ id: TaskID, after exception: ExceptionInfo, detail: JSONObject?, wakeAt: Timestamp?, at now: Timestamp
    ) async throws -> Bool {
        try await write { db in
            try Self.requeue(db, id, after: exception, detail: detail, wakeAt: wakeAt, at: now)
        }
    }

    /// Puts a running composite back into its queue for another attempt, with members of its own. Members of this attempt
    /// that never were let go are cancelled; those that run do so to their end.
    ///
    /// - Returns: the tasks that ended by it, of which there may be others if they are ``tasksAtOnce``; `nil` when it was not
    ///   put back, as ``requeue(_:after:detail:wakeAt:at:)``.
    package func requeueComposite(
        _ id: TaskID, _ job: Job, after exception: ExceptionInfo, wakeAt: Timestamp?, at now: Timestamp
    ) async throws -> [TaskRecord]? {
        try await write { db in
            guard let composite = try TaskRecord.find(db, id),
                try Self.requeue(db, id, after: exception, detail: nil, wakeAt: wakeAt, at: now)
            else { return nil }
            let reason = Transition.attemptEnded(composite.attempt, of: composite.kind)
            var transition = Transition(db: db, now: now)
            let ended = try transition.cancelUnreleased(membersOf: id, reason: reason)
            var insertion = Insertion(
                db: db, directory: composite.directory, submitter: composite.submittedBy, now: now)
            try insertion.insertMembers(of: job, id: id, attempt: composite.attempt + 1)
            return try ended + insertion.settleDependencies()
        }
    }

    private static func requeue(
        _ db: Database, _ id: TaskID, after exception: ExceptionInfo, detail: JSONObject?, wakeAt: Timestamp?,
        at now: Timestamp
    ) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO attempts (task_id, attempt, started_at, finished_at, exception, detail)
                SELECT id, attempt, started_at, ?, ?, ? FROM tasks
                WHERE id = ? AND state = 'running' AND cancel_requests = timed_out
                """
        ).execute(arguments: [
            now.description, exception.json.text(), detail.map { JSONValue.object($0).text() }, id.number,
        ])
        try db.cachedStatement(
            sql: """
                UPDATE tasks SET state = moved(state, 'queued', queue, is_composite), waiting_for = ?, wake_at = ?,
                    progress = NULL, paused = 0, cancel_requests = 0, timed_out = 0
                WHERE id = ? AND state = 'running' AND cancel_requests = timed_out
                """
        ).execute(arguments: [wakeAt.map { Gate.retry($0).text() }, wakeAt?.description, id.number])
        guard db.changesCount == 1 else { return false }
        let data: JSONValue = [
            "exception": exception.json, "wake_at": JSONValue((wakeAt ?? now).description),
        ]
        try Event.append(db, .retrying, id, at: now, data: data)
        return true
    }

    /// Notes how far a running task has come.
    ///
    /// - Parameter task: the task as it was when the attempt began that has come so far.
    /// - Throws: ``StoreError``, with the code `full` or `busy` when there is no room for what is not needed.
    package func record(_ progress: Progress, of task: TaskRecord, at now: Timestamp) async throws {
        try await write(isRefusable: true) { db in
            let sql = "UPDATE tasks SET progress = ? WHERE id = ? AND attempt = ? AND state = 'running'"
            try db.cachedStatement(sql: sql).execute(arguments: [progress.json.text(), task.id.number, task.attempt])
            guard db.changesCount == 1 else { return }
            try Event.append(db, .progress, task.id, at: now, data: progress.json)
        }
    }

    /// Notes that a running task was stopped where it is, or goes on.
    ///
    /// - Parameter task: the task as it was when the attempt began.
    /// - Returns: the task as it then is; `nil` when that attempt does not run any more, or is to stop although somebody has
    ///   asked it to end.
    package func setPaused(_ task: TaskRecord, _ isPaused: Bool, at now: Timestamp) async throws -> TaskRecord? {
        try await write { db in
            let sql = """
                UPDATE tasks SET paused = ?1
                WHERE id = ?2 AND attempt = ?3 AND state = 'running' AND (cancel_requests = 0 OR NOT ?1)
                RETURNING \(TaskRecord.columns)
                """
            guard let record = try TaskRecord.first(db, sql, [isPaused, task.id.number, task.attempt]) else {
                return nil
            }
            try Event.append(db, isPaused ? .paused : .resumed, task.id, at: now)
            return record
        }
    }

    /// The next `limit` tasks whose `on_done` command is still to be run, in the order of their numbers: in that in which they
    /// were done, all of them would have to be looked at for each.
    ///
    /// - Parameter running: tasks that are passed over: their command runs already, or rests.
    package func pendingHooks(limit: Int, besides running: Set<TaskID>) async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(db, Self.nextHooks, [JSONValue.array(running.map(\.json)).text(), limit])
        }
    }

    static let nextHooks = """
        SELECT \(TaskRecord.columns) FROM hooks CROSS JOIN tasks ON id = hooks.task_id
        WHERE hooks.task_id NOT IN (SELECT value FROM json_each(?)) ORDER BY hooks.task_id LIMIT ?
        """

    /// The tasks whose `on_done` commands are still to be run, or being run.
    package func tasksWithPendingHooks() async throws -> [TaskID] {
        try await read { db in try Int64.fetchAll(db, sql: "SELECT task_id FROM hooks").map(TaskID.init) }
    }

    /// Notes that the `on_done` command of a task was run, and what came of it.
    package func completeHook(_ id: TaskID, result: JSONValue, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM hooks WHERE task_id = ?").execute(arguments: [id.number])
            try Event.append(db, .hookFinished, id, at: now, data: result)
        }
    }
}
