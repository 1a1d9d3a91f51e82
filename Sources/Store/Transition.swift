internal import GRDB
internal import Model

/// The transitions that end tasks, inside one transaction: the outcome, its place in completion order, its event, its
/// hook, and what the end means to the tasks that run after it.
struct Transition {
    let db: Database
    let now: Timestamp

    /// Ends the task `id` with `outcome` if it is in one of `states`, and whatever cannot run any more because of it.
    ///
    /// - Returns: every task that ended, `id` first; empty when it was in none of `states`.
    func end(
        _ id: TaskID, _ outcome: Outcome, from states: [TaskState], detail: JSONObject? = nil
    ) throws -> [TaskRecord] {
        guard let ended = try write(id, outcome, from: states, detail: detail) else { return [] }
        var all = [ended]
        // A composite that ends before it has started leaves members that nobody will ever let go.
        if ended.startedAt == nil && ended.kind.isComposite { all += try cancelMembers(of: ended) }
        return try all + settleDependents(of: ended)
    }

    private func write(
        _ id: TaskID, _ outcome: Outcome, from states: [TaskState], detail: JSONObject?
    ) throws -> TaskRecord? {
        guard let kind = Event.Kind.end(outcome.state) else { preconditionFailure("an outcome's state is an end") }
        // The event goes first: its number is the task's place in completion order.
        guard let state = try TaskRecord.state(db, id), states.contains(state) else { return nil }
        let data: JSONValue = outcome.exception.map { ["exception": $0.json] } ?? .object([:])
        let sequence = try Event.append(db, kind, id, at: now, data: data)
        let record = try TaskRecord.first(
            db,
            """
            UPDATE tasks SET state = ?, result = ?, exception = ?, finished_at = ?, done_seq = ?,
                detail = coalesce(?, detail), waiting_for = NULL, wake_at = NULL, \
                progress = CASE WHEN ?1 = 'succeeded' AND progress IS NOT NULL
                    THEN json_set(progress, '$.completed', progress -> '$.total', '$.fraction', 1) ELSE progress END
            WHERE id = ? RETURNING \(TaskRecord.columns)
            """,
            [
                outcome.state.rawValue, outcome.result?.text(), outcome.exception?.json.text(), now.description,
                sequence,
                detail.map { JSONValue.object($0).text() }, id.number,
            ])
        if let record, record.job["on_done"]?.arrayValue != nil {
            try db.cachedStatement(sql: "INSERT INTO hooks (task_id) VALUES (?)").execute(arguments: [id.number])
        }
        return record
    }

    /// Cancels what is left of the members of a composite that never started.
    private func cancelMembers(of parent: TaskRecord) throws -> [TaskRecord] {
        let ids = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT id FROM tasks WHERE parent_id = ? AND finished_at IS NULL ORDER BY id"),
            arguments: [parent.id.number])
        let reason = "its composite \(parent.id) never started"
        return try ids.flatMap {
            try end(TaskID($0), .cancelled(.cancelled(reason)), from: [.held, .queued])
        }
    }

    /// Opens the gate of the tasks that waited for `ended`, or ends them when it did not succeed.
    private func settleDependents(of ended: TaskRecord) throws -> [TaskRecord] {
        let ids = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT task_id FROM dependencies WHERE after_id = ? ORDER BY task_id"),
            arguments: [ended.id.number])
        guard !ids.isEmpty else { return [] }
        guard ended.state == .succeeded else {
            let exception = ExceptionInfo.dependencyFailed(ended.id, state: ended.state)
            return try ids.flatMap { try end(TaskID($0), .failed(exception), from: [.held, .queued]) }
        }
        try db.cachedStatement(sql: "DELETE FROM dependencies WHERE after_id = ?").execute(arguments: [ended.id.number])
        for id in ids {
            try Gate.reopen(
                db, where: "id = :id AND waiting_for ->> '$.after' IS NOT NULL", ["id": id, "now": now.description])
        }
        return []
    }
}

extension TaskRecord {
    /// The state of the task numbered `id`, or `nil` when there is none.
    static func state(_ db: Database, _ id: TaskID) throws -> TaskState? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT state FROM tasks WHERE id = ?"), arguments: [id.number])
            .map { try $0.choice(0) }
    }
}
