internal import GRDB
internal import Model

/// The transitions that end tasks, inside one transaction: the outcome, its place in completion order, its event, its
/// hook, and what the end means to the tasks that run after it.
struct Transition {
    let db: Database
    let now: Timestamp
    /// How many more tasks may end because of others in this commit; ``Store/doomed()`` finds those beyond.
    private(set) var remainingCascades = Store.tasksAtOnce
    /// The composite whose members are being cancelled.
    var cancelling: Cancelling?

    init(db: Database, now: Timestamp) {
        self.db = db
        self.now = now
    }

    /// Ends the task `id` with `outcome` if it is in one of `states`, and what cannot run any more because of it, at most
    /// ``remainingCascades`` tasks.
    ///
    /// - Returns: every task that ended, `id` first; empty when it was in none of `states`.
    mutating func end(
        _ id: TaskID, _ outcome: Outcome, from states: [TaskState], detail: JSONObject? = nil,
        progress: Progress? = nil
    ) throws -> [TaskRecord] {
        guard let first = try write(id, outcome, from: states, detail: detail, progress: progress) else { return [] }
        return try [first] + endWhatFollows(from: first, hasStarted: states.contains(.running))
    }

    /// Ends `doomed` if it has not started, and what cannot run any more because of it, as ``end(_:_:from:detail:progress:)``.
    mutating func end(_ doomed: Doomed) throws -> [TaskRecord] {
        guard let first = try write(doomed) else { return [] }
        return try [first] + endWhatFollows(from: first, hasStarted: false)
    }

    /// - Returns: the tasks that ended because `first` did.
    private mutating func endWhatFollows(from first: TaskRecord, hasStarted: Bool) throws -> [TaskRecord] {
        var all: [TaskRecord] = []
        var seen: Set<TaskID> = []
        // A list and no recursion: a chain of tasks, each after the one before, may be as long as anybody likes.
        var pending = try consequences(of: first, hasStarted: hasStarted, besides: &seen)
        while remainingCascades > 0, let next = pending.popLast() {
            guard let ended = try write(next) else { continue }
            remainingCascades -= 1
            all.append(ended)
            pending += try consequences(of: ended, hasStarted: false, besides: &seen)
        }
        return all
    }

    /// - Parameter seen: what is pending already, and then also what this adds.
    /// - Returns: what has to end because `ended` did, the first of it last.
    private func consequences(
        of ended: TaskRecord, hasStarted: Bool, besides seen: inout Set<TaskID>
    ) throws -> [Doomed] {
        var doomed: [Doomed] = []
        // A composite that ends before it has started, or between two attempts, leaves members that nobody will ever let go.
        if ended.kind.isComposite && !hasStarted {
            doomed = try unreleased(membersOf: ended, limit: remainingCascades).filter {
                seen.insert($0.id).inserted
            }
        }
        doomed += try settleDependents(of: ended, besides: &seen)
        return doomed.reversed()
    }

    /// Why a member of an earlier attempt is cancelled that its composite has not let go.
    static func attemptEnded(_ attempt: Int, of kind: TaskKind) -> String {
        "attempt \(attempt) of its \(kind.rawValue) has ended"
    }

    /// Why a member of `composite` is cancelled that ended while it was not running.
    static func neverStarted(_ composite: TaskID) -> String { "its composite \(composite) never started" }

    private func write(_ doomed: Doomed) throws -> TaskRecord? {
        let states: [TaskState] = [.held, .queued]
        guard let state = try TaskRecord.state(db, doomed.id), states.contains(state) else { return nil }
        if let request = doomed.request {
            try Store.countRequest(db, doomed.id, message: request.message, at: now)
        }
        return try write(doomed.id, doomed.outcome, from: states, detail: nil, progress: nil)
    }

    private func write(
        _ id: TaskID, _ outcome: Outcome, from states: [TaskState], detail: JSONObject?, progress: Progress?
    ) throws -> TaskRecord? {
        guard let kind = Event.Kind.end(outcome.state) else { preconditionFailure("an outcome's state is an end") }
        // The event goes first: its number is the task's place in completion order.
        guard let state = try TaskRecord.state(db, id), states.contains(state) else { return nil }
        let data: JSONValue = outcome.exception.map { ["exception": $0.json] } ?? .object([:])
        let sequence = try Event.append(db, kind, id, at: now, data: data)
        let record = try TaskRecord.first(
            db,
            """
            UPDATE tasks SET state = moved(state, ?1, queue, is_composite), result = ?2, exception = ?3,
                finished_at = ?4, done_seq = ?5,
                detail = coalesce(?6, detail), waiting_for = NULL, wake_at = NULL, paused = 0, \
                progress = CASE WHEN ?1 = 'succeeded' AND coalesce(?8, progress) IS NOT NULL
                    THEN json_set(coalesce(?8, progress), '$.completed', coalesce(?8, progress) -> '$.total', '$.fraction', 1)
                    ELSE coalesce(?8, progress) END
            WHERE id = ?7 RETURNING \(TaskRecord.columns)
            """,
            [
                outcome.state.rawValue, outcome.result?.text(), outcome.exception?.json.text(), now.description,
                sequence,
                detail.map { JSONValue.object($0).text() }, id.number, progress?.json.text(),
            ])
        if let record, record.job["on_done"]?.arrayValue != nil {
            try db.cachedStatement(sql: "INSERT INTO hooks (task_id) VALUES (?)").execute(arguments: [id.number])
        }
        return record
    }

    /// Cancels the members of a composite that it has not let go, as many as end at once.
    mutating func cancelUnreleased(membersOf parent: TaskID, reason: String) throws -> [TaskRecord] {
        cancelling = Cancelling(composite: parent, reason: reason, isRequest: false)
        return try unreleased(membersOf: parent, reason: reason, limit: Store.tasksAtOnce).flatMap { try end($0) }
    }

    private func unreleased(
        membersOf parent: TaskID, reason: String, limit: Int
    ) throws -> [Doomed] {
        try unreleased(membersOf: parent, limit: limit).map { id in
            Doomed(id: id, outcome: .cancelled(.cancelled(reason)))
        }
    }

    /// The members of `composite`, which has ended while it was not running: what cancelled it reaches them too.
    private func unreleased(membersOf composite: TaskRecord, limit: Int) throws -> [Doomed] {
        try unreleased(membersOf: composite.id, limit: limit).map { id in
            if let cancelling = try Self.cancelling(id, db) { return Doomed(id, cancelling) }
            return Doomed(id: id, outcome: .cancelled(.cancelled(Self.neverStarted(composite.id))))
        }
    }

    private func unreleased(membersOf parent: TaskID, limit: Int) throws -> [TaskID] {
        let ids = try Int64.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id FROM tasks WHERE parent_id = ? AND state IN ('held', 'queued')
                        AND waiting_for ->> '$.parent' IS NOT NULL ORDER BY id LIMIT ?
                    """), arguments: [parent.number, limit])
        return ids.map(TaskID.init)
    }
}

extension TaskRecord {
    /// The state of the task numbered `id`, or `nil` when there is none.
    static func state(_ db: Database, _ id: TaskID) throws -> TaskState? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT state FROM tasks WHERE id = ?"), arguments: [id.number])
            .map { try $0.choice(0) }
    }
}
