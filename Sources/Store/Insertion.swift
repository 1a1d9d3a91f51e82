internal import GRDB
internal import Model

/// Turns jobs into rows inside one transaction.
struct Insertion {
    /// What a member belongs to.
    struct Parent {
        let id: TaskID
        let attempt: Int
        /// Whether the composite, or one that contains it, has been tried before: what its members run after was checked then.
        let isRetried: Bool
        /// The composite and everything that contains it.
        let lineage: Set<TaskID>
    }

    private let db: Database
    private let directory: String?
    private let submitter: Submitter?
    /// The user whose tasks alone a job may run after; `nil` for any task.
    private let owner: UInt32?
    private let now: Timestamp
    private let nowText: String
    private var nextID: Int64
    private var knownQueues: Set<String> = ["default"]
    /// Tasks that run after others, to look at once all rows are in.
    private var dependents: [TaskID] = []

    init(db: Database, directory: String?, submitter: Submitter?, owner: UInt32? = nil, now: Timestamp) {
        self.db = db
        self.directory = directory
        self.submitter = submitter
        self.owner = owner
        self.now = now
        nowText = now.description
        nextID = 0
    }

    /// Inserts the task of `job` and those of its members, and returns the task; what it runs after is not settled yet.
    @discardableResult
    mutating func insert(_ job: Job, memberOf parent: Parent? = nil) throws -> TaskRecord {
        let id = try takeID()
        if knownQueues.insert(job.queue).inserted {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO queues (name) VALUES (?)").execute(arguments: [job.queue]
            )
        }
        let record = try insertRow(job, id: id, parent: parent)
        try Event.append(db, .submitted, id, at: now)
        for dependency in Set(job.after) { try insertDependency(of: id, on: dependency, parent: parent) }
        if !job.after.isEmpty { dependents.append(id) }
        try insertMembers(of: job, id: id, within: parent)
        return record
    }

    /// Inserts the members of `job`, the composite numbered `id` within another, for one of its attempts.
    mutating func insertMembers(of job: Job, id: TaskID, attempt: Int = 1, within composite: Parent? = nil) throws {
        guard !job.members.isEmpty else { return }
        let parent = Parent(
            id: id, attempt: attempt, isRetried: attempt > 1 || composite?.isRetried ?? false,
            lineage: (composite?.lineage ?? []).union([id]))
        for member in job.members { try insert(member, memberOf: parent) }
    }

    private mutating func takeID() throws -> TaskID {
        if nextID == 0 {
            let last = try TaskRecord.lastID(db).number
            guard last < .max else {
                throw StoreError(
                    code: .corrupt, message: "the numbers of tasks are used up: sqlite_sequence was changed")
            }
            nextID = last + 1
        }
        defer { nextID += 1 }
        return TaskID(nextID)
    }

    private func insertRow(_ job: Job, id: TaskID, parent: Parent?) throws -> TaskRecord {
        let wakeAt: Timestamp? =
            switch job.start {
            case .now: nil
            case .delay(let delay): now + delay
            case .notBefore(let instant): instant
            }
        let gate: JSONValue? =
            if let parent {
                Gate.parent(parent.id)
            } else if job.hold {
                Gate.held
            } else {
                wakeAt.flatMap { $0 > now ? ["delay": .string($0.description)] : nil }
            }
        let record = TaskRecord(job, id: id, parent: parent, waitingFor: gate, directory, submitter, now)
        try db.cachedStatement(sql: Self.insertTask).execute(arguments: [
            id.number, record.name, record.kind.rawValue, record.state.rawValue, parent?.id.number, parent?.attempt,
            record.kind.isComposite, record.job.text(), directory, record.shield, record.queue, record.priority,
            record.maxAttempts, record.timeout?.seconds, gate?.text(), wakeAt?.description, record.key,
            job.labels.isEmpty ? "{}" : JSONValue.object(record.labels).text(), nowText, submitter?.uid,
            submitter?.gid, submitter?.pid,
        ])
        for label in job.labels {
            try db.cachedStatement(sql: "INSERT INTO labels (key, value, task_id) VALUES (?, ?, ?)")
                .execute(arguments: [label.key, label.value.stringValue, id.number])
        }
        return record
    }

    private static let insertTask = """
        INSERT INTO tasks (id, name, kind, state, parent_id, parent_attempt, is_composite, job, directory, shield, queue, priority, \
        max_attempts, timeout, waiting_for, wake_at, key, labels, submitted_at, submitted_uid, submitted_gid, submitted_pid)
        VALUES (?1, ?2, ?3, moved(NULL, ?4, ?11, ?7), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, \
        ?21, ?22)
        """

    private func insertDependency(of id: TaskID, on dependency: TaskID, parent: Parent?) throws {
        // A member that waited for what contains it would wait for ever.
        guard dependency < id, !(parent?.lineage.contains(dependency) ?? false),
            try TaskRecord.exists(db, dependency, of: owner)
        else {
            // A later attempt has the gates of the first; what has succeeded behind one may have been pruned since, and nothing
            // else (``Store/prune(_:keepingMeasuresSince:limit:)``).
            if let parent, parent.isRetried { return }
            throw UnknownTask(id: dependency)
        }
        try db.cachedStatement(sql: "INSERT INTO dependencies (task_id, after_id) VALUES (?, ?)")
            .execute(arguments: [id.number, dependency.number])
    }

    /// Drops the dependencies that are satisfied already, and ends the tasks whose dependency never will be.
    func settleDependencies() throws -> [TaskRecord] {
        var ended: [TaskRecord] = []
        var transition = Transition(db: db, now: now)
        for id in dependents {
            try db.cachedStatement(sql: Self.dropSatisfied).execute(arguments: [id.number])
            let broken = try Row.fetchOne(db.cachedStatement(sql: Self.firstBroken), arguments: [id.number])
            if let broken {
                let exception = ExceptionInfo.dependencyFailed(TaskID(broken[0]), state: try broken.choice(1))
                ended += try transition.end(id, .failed(exception), from: [.queued, .held])
            } else {
                try Gate.reopen(
                    db, where: "id = :id AND (waiting_for IS NULL OR waiting_for ->> '$.delay' IS NOT NULL)",
                    ["id": id.number, "now": now.description])
            }
        }
        return ended
    }

    static let dropSatisfied = """
        DELETE FROM dependencies WHERE task_id = ?
            AND EXISTS (SELECT 1 FROM tasks WHERE id = after_id AND state = 'succeeded')
        """

    static let firstBroken = """
        SELECT id, state FROM dependencies CROSS JOIN tasks ON id = after_id
        WHERE task_id = ? AND state IN ('failed', 'cancelled') ORDER BY after_id LIMIT 1
        """
}

extension TaskRecord {
    /// The task of `job` as it is when it is new: what its row holds.
    fileprivate init(
        _ job: Job, id: TaskID, parent: Insertion.Parent?, waitingFor gate: JSONValue?, _ directory: String?,
        _ submitter: Submitter?, _ now: Timestamp
    ) {
        self.init(
            id: id, name: job.name ?? "Task-\(id)", kind: job.kind, state: job.hold ? .held : .queued,
            parentID: parent?.id, job: job.source, result: nil, exception: nil, cancelRequests: 0, cancelMessage: nil,
            shield: job.shield, progress: nil, queue: job.queue, priority: job.priority, attempt: 0,
            maxAttempts: job.retry.attempts, timeout: job.timeout, waitingFor: gate, key: job.key, labels: job.labels,
            submittedAt: now, startedAt: nil, finishedAt: nil, submittedBy: submitter, doneSequence: nil, detail: nil,
            directory: directory, timedOut: false, paused: false, parentAttempt: parent?.attempt)
    }
}
