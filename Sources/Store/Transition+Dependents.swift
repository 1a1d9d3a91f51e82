internal import GRDB
internal import Model

/// What the end of a task means to the tasks that run after it.
extension Transition {
    /// What the composite that a task is a member of, or one further up, has it end with.
    struct Cancelling {
        let composite: TaskID
        let reason: String?
        /// Whether its members are asked to end, and do not only lose their turn.
        let isRequest: Bool
    }

    /// Opens the gate of the tasks that waited for `ended`; where they are many, others are left for ``Store/satisfied()``.
    ///
    /// - Parameter seen: those that are to end already, and then also what this returns.
    /// - Returns: those that have to end because it did not succeed.
    func settleDependents(of ended: TaskRecord, besides seen: inout Set<TaskID>) throws -> [Doomed] {
        guard ended.state == .succeeded else {
            let ids = try Int64.fetchAll(
                db.cachedStatement(sql: Self.dependents), arguments: [ended.id.number, remainingCascades])
            return try ids.map(TaskID.init).filter { seen.insert($0).inserted }.map { id in
                if let cancelling = try Self.cancelling(id, db, besides: cancelling) { return Doomed(id, cancelling) }
                return Doomed(id: id, outcome: .failed(.dependencyFailed(ended.id, state: ended.state)))
            }
        }
        let ids = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT task_id FROM dependencies WHERE after_id = ? ORDER BY task_id LIMIT ?"),
            arguments: [ended.id.number, Store.tasksAtOnce])
        guard let last = ids.last else { return [] }
        try db.cachedStatement(sql: "DELETE FROM dependencies WHERE after_id = ? AND task_id <= ?")
            .execute(arguments: [ended.id.number, last])
        for id in ids {
            try Gate.reopen(db, where: Self.waitsForNoMore, ["id": id, "now": now.description])
        }
        return []
    }

    static let waitsForNoMore = """
        id = :id AND waiting_for ->> '$.after' IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM dependencies WHERE task_id = :id)
        """

    static let dependents = """
        SELECT task_id FROM dependencies CROSS JOIN tasks ON id = task_id
        WHERE after_id = ? AND finished_at IS NULL ORDER BY task_id LIMIT ?
        """

    /// The nearest composite above the task `id` that is being cancelled and reaches it, or never started: the task ends with it,
    /// whatever it runs after. `nil` when there is none.
    ///
    /// - Parameter current: the composite whose members are being cancelled, which its row need not say.
    static func cancelling(_ id: TaskID, _ db: Database, besides current: Cancelling? = nil) throws -> Cancelling? {
        var member = id
        var own: TaskID?
        while let row = try Row.fetchOne(db.cachedStatement(sql: composite), arguments: [member.number]) {
            let composite = TaskID(row[0])
            own = own ?? composite
            if row[1] { return nil }
            if row[2] {
                // No request reaches what is shielded, but its turn will not come.
                if row[3] && !row[8] { return Cancelling(composite: composite, reason: row[9], isRequest: true) }
                return Cancelling(composite: composite, reason: neverStarted(own ?? composite), isRequest: false)
            }
            if row[3] { return Cancelling(composite: composite, reason: row[4], isRequest: true) }
            if row[5] {
                let reason = attemptEnded(row[6], of: try row.choice(7))
                return Cancelling(composite: composite, reason: reason, isRequest: false)
            }
            if let current, current.composite == composite { return current }
            member = composite
        }
        return nil
    }

    /// The composite of a member; whether a shield is between them, whether it ended before the member's attempt began, whether
    /// it reaches the member with a request to end, and the reason of that; whether the attempt has ended that the member was
    /// never let go in, which attempt that is, and the composite's kind; whether the member is shielded, and the message of the
    /// first request alone.
    static let composite = """
        SELECT composite.id, member.shield AND member.waiting_for ->> '$.parent' IS NULL,
            composite.finished_at IS NOT NULL AND member.parent_attempt > composite.attempt,
            composite.cancel_requests > iif(member.parent_attempt = composite.attempt, 0, composite.timed_out),
            iif(composite.timed_out, 'its ' || composite.kind || ' timed out', composite.cancel_message),
            member.waiting_for ->> '$.parent' IS NOT NULL
                AND member.parent_attempt < composite.attempt + (composite.state = 'queued'),
            member.parent_attempt, composite.kind, member.shield, composite.cancel_message
        FROM tasks AS member CROSS JOIN tasks AS composite ON composite.id = member.parent_id WHERE member.id = ?
        """
}
