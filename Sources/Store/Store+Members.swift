internal import GRDB
package import Model

extension Store {
    /// SQL for being a member of the composite `:parent` in its latest attempt; those before it have had their say.
    private static let isMember = """
        parent_id = :parent AND parent_attempt = (SELECT max(parent_attempt) FROM tasks WHERE parent_id = :parent)
        """

    /// SQL for when somebody first asked the running attempt of the composite `:parent` to end, or its timeout did: a place in the
    /// log, or NULL.
    private static let firstAsked = """
        (SELECT min(seq) FROM events WHERE task_id = :parent AND type IN ('cancel_requested', 'timed_out')
            AND seq > (SELECT max(seq) FROM events WHERE task_id = :parent AND type = 'started'))
        """

    /// SQL for being a member that ended, shielded, after that; one that was never let go was cancelled with its composite.
    private static let isOutlived = """
        shield AND NOT (state = 'cancelled' AND attempt = 0) AND done_seq > coalesce(\(firstAsked), \(Int64.max))
        """

    /// How the members of `parent` stand.
    package func members(of parent: TaskID) async throws -> MemberSnapshot {
        try await read { db in
            var snapshot = MemberSnapshot()
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: """
                        SELECT id, state, shield, done_seq, waiting_for ->> '$.parent' IS NOT NULL,
                            CASE WHEN state = 'succeeded' THEN 1.0 ELSE coalesce(progress ->> '$.fraction', 0.0) END,
                            coalesce(\(Self.isOutlived), 0)
                        FROM tasks WHERE \(Self.isMember) ORDER BY done_seq, id
                        """), arguments: ["parent": parent.number])
            while let row = try rows.next() { try snapshot.add(row) }
            return snapshot
        }
    }

    /// Whether a member of `parent` was done before somebody asked the running attempt of it to end, or its timeout did.
    package func hadWinner(_ parent: TaskID) async throws -> Bool {
        try await read { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM tasks WHERE \(Self.isMember) AND done_seq < \(Self.firstAsked))"
            return try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: ["parent": parent.number]) ?? false
        }
    }

    /// Lets up to `limit` more members of `parent` go, in order, from the member `first` on.
    ///
    /// - Returns: the members let go, with whether each is shielded.
    package func release(
        membersOf parent: TaskID, from first: TaskID?, limit: Int, at now: Timestamp
    ) async throws -> [(id: TaskID, shield: Bool)] {
        try await write { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        UPDATE tasks SET waiting_for =
                            CASE WHEN state = 'held' THEN '{"start":true}' ELSE \(Gate.next) END
                        WHERE id IN (
                            SELECT id FROM tasks WHERE \(Self.isMember) AND id >= :first AND finished_at IS NULL
                                AND waiting_for ->> '$.parent' IS NOT NULL ORDER BY id LIMIT :limit)
                        RETURNING id, shield
                        """),
                arguments: [
                    "now": now.description, "parent": parent.number, "first": first?.number ?? 0, "limit": limit,
                ])
            return rows.map { (TaskID($0[0]), $0[1]) }.sorted { $0.0 < $1.0 }
        }
    }

    /// Cancels members of `parent` that are not done, but for those let go and shielded: up to ``tasksAtOnce``, the last ones,
    /// so that nobody who writes waits long behind it, and none starts in the place of one that ends by it.
    ///
    /// - Parameter attemptsBefore: the first attempt whose members are left alone; `nil` for those of the latest alone.
    /// - Parameter end: the first member that has had its turn; `nil` to begin.
    /// - Parameter insisting: whether members that were asked before are asked again.
    /// - Returns: the tasks that ended by it because they had not started; the members that run and have to be told; and the
    ///   `end` to go on with, `nil` when all have had their turn.
    package func cancelMembers(
        of parent: TaskID, attemptsBefore: Int? = nil, before end: TaskID? = nil, message: String?, insisting: Bool,
        at now: Timestamp
    ) async throws -> (ended: [TaskRecord], running: [TaskRecord], end: TaskID?) {
        let isMeant = attemptsBefore == nil ? Self.isMember : "parent_id = :parent AND parent_attempt < :before"
        var arguments: StatementArguments = [
            "parent": parent.number, "insisting": insisting, "end": end?.number ?? .max, "limit": Self.tasksAtOnce,
        ]
        if let attemptsBefore { arguments += ["before": attemptsBefore] }
        return try await write { [arguments] db in
            let ids = try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT id FROM tasks WHERE \(isMeant) AND id < :end AND finished_at IS NULL
                            AND (shield = 0 OR waiting_for ->> '$.parent' IS NOT NULL)
                            AND (cancel_requests = timed_out OR :insisting) ORDER BY id DESC LIMIT :limit
                        """), arguments: arguments)
            var ended: [TaskRecord] = []
            var running: [TaskRecord] = []
            var transition = Transition(db: db, now: now)
            transition.cancelling = Transition.Cancelling(composite: parent, reason: message, isRequest: true)
            for id in ids.reversed().map(TaskID.init) {
                switch try Self.cancel(id, message: message, force: true, &transition) {
                case .unknown, .alreadyDone, .shielded: break
                case .ended(let tasks): ended += tasks
                case .requested(let task): running.append(task)
                }
            }
            return (ended, running, ids.count < Self.tasksAtOnce ? nil : ids.last.map(TaskID.init))
        }
    }

    /// How many members are cancelled in one commit, and how many tasks end in one because of others.
    package static let tasksAtOnce = 1000

    /// Cancels the members of `parent` that were not let go, ``tasksAtOnce`` at most.
    ///
    /// - Parameter reason: why, in words.
    /// - Returns: the tasks that ended by it; if fewer than ``tasksAtOnce``, there are no more members to cancel.
    package func cancelUnreleased(
        membersOf parent: TaskID, reason: String, at now: Timestamp
    ) async throws -> [TaskRecord] {
        try await write { db in
            var transition = Transition(db: db, now: now)
            return try transition.cancelUnreleased(membersOf: parent, reason: reason)
        }
    }

    /// The members of `parent` in the order given.
    package func children(of parent: TaskID) async throws -> [TaskID] {
        try await read { db in
            try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT id FROM tasks WHERE \(Self.isMember) ORDER BY id"),
                arguments: ["parent": parent.number]
            ).map(TaskID.init)
        }
    }

    /// The members of the latest attempt of `parent`, in the order given.
    package func currentMembers(of parent: TaskID) async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db, "SELECT \(TaskRecord.columns) FROM tasks WHERE \(Self.isMember) ORDER BY id",
                ["parent": parent.number])
        }
    }

    /// Those of them that run, which have no results yet.
    package func runningMembers(of parent: TaskID) async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db, "SELECT \(TaskRecord.columns) FROM tasks WHERE \(Self.isMember) AND state = 'running' ORDER BY id",
                ["parent": parent.number])
        }
    }

    /// How the members of `parent` ended, in the order given; `nil` for one that has not.
    ///
    /// - Parameter limit: how many bytes of JSON they may come to.
    /// - Returns: `nil` when it is more, of which nothing is then read into memory.
    package func outcomes(ofMembersOf parent: TaskID, within limit: Int) async throws -> [Outcome?]? {
        try await read { db in
            let arguments: StatementArguments = ["parent": parent.number]
            guard try Self.sizeOfOutcomes(db, ofMembersOf: parent) <= limit else { return nil }
            let rows = try Row.fetchCursor(
                db.cachedStatement(
                    sql: "SELECT state, result, exception FROM tasks WHERE \(Self.isMember) ORDER BY id"),
                arguments: arguments)
            var outcomes: [Outcome?] = []
            while let row = try rows.next() {
                let exception = try row.json(2).flatMap(ExceptionInfo.init(json:))
                outcomes.append(try Outcome(state: row.choice(0), result: row.json(1), exception: exception))
            }
            return outcomes
        }
    }

    /// How many bytes of JSON the results and exceptions of the members of `parent` come to.
    package func sizeOfOutcomes(ofMembersOf parent: TaskID) async throws -> Int {
        try await read { db in try Self.sizeOfOutcomes(db, ofMembersOf: parent) }
    }

    private static func sizeOfOutcomes(_ db: Database, ofMembersOf parent: TaskID) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: outcomeBytes), arguments: ["parent": parent.number]) ?? 0
    }

    private static let outcomeBytes = """
        SELECT sum(length(CAST(coalesce(result, exception, '') AS BLOB))) FROM tasks WHERE \(isMember)
        """

    /// The exceptions of the members of `parent` that failed, in the order they did. What a shielded one made of itself after the
    /// first failure, or after somebody had asked `parent` to end, is none of them.
    package func failures(ofMembersOf parent: TaskID) async throws -> [ExceptionInfo] {
        try await read { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT exception FROM tasks WHERE \(Self.isMember) AND state = 'failed' AND NOT (\(Self.isOutlived))
                            AND (shield = 0 OR done_seq = (
                                SELECT min(done_seq) FROM tasks WHERE \(Self.isMember) AND state = 'failed'))
                        ORDER BY done_seq
                        """),
                arguments: ["parent": parent.number])
            return try rows.compactMap { try $0.json(0).flatMap(ExceptionInfo.init(json:)) }
        }
    }

    /// Composites that are done and have members nobody has let go yet: `gather` failed while `max_running` held them back.
    package func compositesToDrain() async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db,
                """
                SELECT \(TaskRecord.columns) FROM tasks WHERE finished_at IS NOT NULL AND id IN (
                    SELECT parent_id FROM tasks WHERE state IN ('queued', 'held') AND waiting_for ->> '$.parent' IS NOT NULL)
                """)
        }
    }

    /// Composites that are done, that somebody asked to end, and that have members which are not done: the daemon may have died
    /// before it cancelled those.
    package func compositesToCancel() async throws -> [TaskRecord] {
        try await read { db in
            try TaskRecord.all(
                db,
                """
                SELECT \(TaskRecord.columns) FROM tasks WHERE finished_at IS NOT NULL AND cancel_requests > timed_out
                    AND id IN (SELECT parent_id FROM tasks WHERE state IN ('held', 'queued', 'running'))
                """)
        }
    }
}
