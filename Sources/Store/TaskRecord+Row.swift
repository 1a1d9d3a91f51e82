internal import GRDB
internal import Model

extension TaskRecord {
    /// The columns a record is read from, in the order ``init(row:)`` reads them.
    static let columns = names.map { $0 == "waiting_for" ? Gate.shown : String($0) }.joined(separator: ", ")

    /// The names of the columns.
    static let names = """
        id, name, kind, state, parent_id, job, result, exception, cancel_requests, cancel_message, shield, progress, \
        queue, priority, attempt, max_attempts, timeout, waiting_for, key, labels, submitted_at, started_at, \
        finished_at, submitted_uid, submitted_gid, submitted_pid, done_seq, detail, directory, timed_out, paused, parent_attempt
        """.split(separator: ", ")

    /// The task in `row`, which holds ``columns``.
    init(row: Row) throws {
        let submitter: Submitter? =
            if let uid: UInt32 = try row.number(23), let gid: UInt32 = try row.number(24),
                let pid: Int32 = try row.number(25)
            { Submitter(uid: uid, gid: gid, pid: pid) } else { nil }
        self.init(
            id: TaskID(row[0]), name: row[1], kind: try row.choice(2), state: try row.choice(3),
            parentID: (row[4] as Int64?).map(TaskID.init), job: try row.json(5) ?? .null, result: try row.json(6),
            exception: try row.json(7).flatMap(ExceptionInfo.init(json:)), cancelRequests: row[8],
            cancelMessage: row[9],
            shield: row[10], progress: try row.json(11).flatMap(Progress.init(json:)), queue: row[12],
            priority: row[13],
            attempt: row[14], maxAttempts: row[15], timeout: try row.duration(16),
            waitingFor: try row.json(17), key: row[18], labels: try row.json(19)?.objectValue ?? [:],
            submittedAt: try row.timestamp(20) ?? Timestamp(milliseconds: 0), startedAt: try row.timestamp(21),
            finishedAt: try row.timestamp(22),
            submittedBy: submitter, doneSequence: row[26],
            detail: try row.json(27), directory: row[28], timedOut: row[29], paused: row[30], parentAttempt: row[31])
    }

    /// The tasks that `sql` selects: a statement that starts from ``columns``.
    static func all(_ db: Database, _ sql: String, _ arguments: StatementArguments = []) throws -> [TaskRecord] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(TaskRecord.init(row:))
    }

    /// The first task that `sql` selects.
    static func first(_ db: Database, _ sql: String, _ arguments: StatementArguments = []) throws -> TaskRecord? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments).map(TaskRecord.init(row:))
    }

    /// The task numbered `id`.
    static func find(_ db: Database, _ id: TaskID) throws -> TaskRecord? {
        try row(db, id).map(TaskRecord.init(row:))
    }

    /// The row of the task numbered `id`.
    static func row(_ db: Database, _ id: TaskID) throws -> Row? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(columns) FROM tasks WHERE id = ?"), arguments: [id.number])
    }

    /// The highest number that a task has had; 0 before there was one.
    static func lastID(_ db: Database) throws -> TaskID {
        let last = try db.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'tasks'")
        return TaskID(try Int64.fetchOne(last) ?? 0)
    }

    /// Whether there is a task numbered `id`, of `owner` where one is given.
    static func exists(_ db: Database, _ id: TaskID, of owner: UInt32? = nil) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM tasks WHERE id = ?1 AND (?2 IS NULL OR submitted_uid = ?2))"),
            arguments: [id.number, owner]) ?? false
    }
}

extension Row {
    /// The JSON value in a column, or `nil` for NULL.
    func json(_ column: Int) throws -> JSONValue? {
        guard let text: String = self[column] else { return nil }
        do {
            return try JSONParser.parse(text)
        } catch {
            throw Self.damaged(column, text)
        }
    }

    /// The whole number in a column, or `nil` for NULL.
    func number<Number: FixedWidthInteger>(_ column: Int) throws -> Number? {
        guard let value: Int64 = self[column] else { return nil }
        guard let number = Number(exactly: value) else { throw Self.damaged(column, "\(value)") }
        return number
    }

    /// The time in a column of seconds, or `nil` for NULL.
    func duration(_ column: Int) throws -> Duration? {
        guard let seconds: Double = self[column] else { return nil }
        // More than any job may say, and less than a duration can be.
        guard abs(seconds) < 1e15 else { throw Self.damaged(column, "\(seconds)") }
        return .seconds(seconds)
    }

    /// The instant in a column, or `nil` for NULL.
    func timestamp(_ column: Int) throws -> Timestamp? {
        guard let text: String = self[column] else { return nil }
        guard let instant = Timestamp(text: text) else { throw Self.damaged(column, text) }
        return instant
    }

    /// The case whose raw value stands in a column.
    func choice<Choice: RawRepresentable<String>>(_ column: Int) throws -> Choice {
        let text: String = self[column]
        guard let choice = Choice(rawValue: text) else { throw Self.damaged(column, text) }
        return choice
    }

    private static func damaged(_ column: Int, _ text: String) -> StoreError {
        StoreError(
            code: .corrupt,
            message: "column \(column) of a task holds \"\(text.prefix(80).description.shown)\", which no version wrote"
        )
    }
}
