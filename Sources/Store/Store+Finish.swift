internal import GRDB
package import Model

extension Store {
    /// Ends a running task: its outcome, its place in completion order, its event and its hook, in one transaction.
    ///
    /// - Returns: every task that ended by it, the task itself first, then those that cannot run any more; empty when the
    ///   task was not running.
    package func finish(_ id: TaskID, _ report: RunReport, at now: Timestamp) async throws -> [TaskRecord] {
        try await write { db in
            try Transition(db: db, now: now).end(id, report.outcome, from: [.running], detail: report.detail)
        }
    }

    /// Ends a task that has not started.
    ///
    /// - Returns: as ``finish(_:_:at:)``; empty when it was neither held nor queued.
    package func finishUnstarted(_ id: TaskID, _ outcome: Outcome, at now: Timestamp) async throws -> [TaskRecord] {
        try await write { db in try Transition(db: db, now: now).end(id, outcome, from: [.held, .queued]) }
    }

    /// Puts a running task back into its queue, because this try failed and there are more, or because it was
    /// interrupted and may run again.
    ///
    /// - Parameter wakeAt: when it may run again; `nil` for at once.
    package func requeue(
        _ id: TaskID, after exception: ExceptionInfo, detail: JSONObject?, wakeAt: Timestamp?, at now: Timestamp
    ) async throws {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO attempts (task_id, attempt, started_at, finished_at, exception, detail)
                    SELECT id, attempt, started_at, ?, ?, ? FROM tasks WHERE id = ? AND state = 'running'
                    """
            ).execute(arguments: [
                now.description, exception.json.text(), detail.map { JSONValue.object($0).text() }, id.number,
            ])
            try db.cachedStatement(
                sql: """
                    UPDATE tasks SET state = 'queued', waiting_for = ?, wake_at = ?, progress = NULL,
                        cancel_requests = cancel_requests - timed_out, timed_out = 0
                    WHERE id = ? AND state = 'running'
                    """
            ).execute(arguments: [wakeAt.map { Gate.retry($0).text() }, wakeAt?.description, id.number])
            guard db.changesCount == 1 else { return }
            let data: JSONValue = [
                "exception": exception.json, "wake_at": JSONValue((wakeAt ?? now).description),
            ]
            try Event.append(db, .retrying, id, at: now, data: data)
        }
    }

    /// Notes how far a running task has come.
    package func record(_ progress: Progress, of id: TaskID, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE tasks SET progress = ? WHERE id = ? AND state = 'running'")
                .execute(arguments: [progress.json.text(), id.number])
            guard db.changesCount == 1 else { return }
            try Event.append(db, .progress, id, at: now, data: progress.json)
        }
    }

    /// The `on_done` commands that are still to be run.
    package func pendingHooks() async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db, "SELECT \(TaskRecord.columns) FROM tasks WHERE id IN (SELECT task_id FROM hooks) ORDER BY done_seq")
        }
    }

    /// Notes that the `on_done` command of a task was run, and what came of it.
    package func completeHook(_ id: TaskID, result: JSONValue, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM hooks WHERE task_id = ?").execute(arguments: [id.number])
            try Event.append(db, .hookFinished, id, at: now, data: result)
        }
    }
}
