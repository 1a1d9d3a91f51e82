/// A task as the store knows it and the wire shows it.
package struct TaskRecord: Sendable, Hashable {
    package let id: TaskID
    package let name: String
    package let kind: TaskKind
    package let state: TaskState
    package let parentID: TaskID?
    /// The job as it was submitted.
    package let job: JSONValue
    package let result: JSONValue?
    package let exception: ExceptionInfo?
    package let cancelRequests: Int
    /// The message of the first cancel request.
    package let cancelMessage: String?
    package let shield: Bool
    package let progress: Progress?
    package let queue: String
    package let priority: Int
    /// The number of the latest attempt; 0 before the first.
    package let attempt: Int
    package let maxAttempts: Int
    package let timeout: Duration?
    /// What a queued task waits for, such as `{"after": [7]}`, or `nil` when only for a slot.
    package let waitingFor: JSONValue?
    package let key: String?
    package let labels: JSONObject
    package let submittedAt: Timestamp
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    package let submittedBy: Submitter?
    /// The position in completion order, or `nil` until done.
    package let doneSequence: Int64?
    package let detail: JSONValue?
    /// Where the job's relative paths start.
    package let directory: String?
    /// Whether the running attempt is over its timeout and is being cancelled for it.
    package let timedOut: Bool
    /// Whether a running command is stopped where it is.
    package let paused: Bool
    /// The attempt of its composite that a member belongs to, or `nil`.
    package let parentAttempt: Int?

    /// A record with all its fields; the store is the one caller.
    package init(
        id: TaskID, name: String, kind: TaskKind, state: TaskState, parentID: TaskID?, job: JSONValue,
        result: JSONValue?, exception: ExceptionInfo?, cancelRequests: Int, cancelMessage: String?, shield: Bool,
        progress: Progress?, queue: String, priority: Int, attempt: Int, maxAttempts: Int, timeout: Duration?,
        waitingFor: JSONValue?, key: String?, labels: JSONObject, submittedAt: Timestamp, startedAt: Timestamp?,
        finishedAt: Timestamp?, submittedBy: Submitter?, doneSequence: Int64?, detail: JSONValue?, directory: String?,
        timedOut: Bool, paused: Bool, parentAttempt: Int?
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.state = state
        self.parentID = parentID
        self.job = job
        self.result = result
        self.exception = exception
        self.cancelRequests = cancelRequests
        self.cancelMessage = cancelMessage
        self.shield = shield
        self.progress = progress
        self.queue = queue
        self.priority = priority
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.waitingFor = waitingFor
        self.key = key
        self.labels = labels
        self.submittedAt = submittedAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.submittedBy = submittedBy
        self.doneSequence = doneSequence
        self.detail = detail
        self.directory = directory
        self.timedOut = timedOut
        self.paused = paused
        self.parentAttempt = parentAttempt
    }
}

extension TaskRecord {
    /// Whether the task has ended.
    package var isDone: Bool { state.isDone }

    /// The task as the wire shows it: every field of the contract, `null` where there is nothing; `children` when given.
    ///
    /// - Parameter detail: stands in the place of its own; `nil` for its own.
    package func json(children: [TaskID]? = nil, detail: JSONValue? = nil) -> JSONValue {
        var object = JSONObject(distinct: [
            ("id", id.json),
            ("name", .string(name)),
            ("kind", .string(kind.rawValue)),
            ("state", .string(state.rawValue)),
            ("done", .bool(isDone)),
            ("parent_id", parentID?.json ?? .null),
            ("job", job),
            ("result", result ?? .null),
            ("exception", exception?.json ?? .null),
            ("cancel_requests", JSONValue(cancelRequests)),
            ("cancel_message", JSONValue(cancelMessage)),
            ("shield", .bool(shield)),
            ("paused", .bool(paused)),
            ("progress", progress?.json ?? .null),
            ("queue", .string(queue)),
            ("priority", JSONValue(priority)),
            ("attempt", JSONValue(attempt)),
            ("max_attempts", JSONValue(maxAttempts)),
            ("timeout", timeout.map { .number($0.seconds) } ?? .null),
            ("waiting_for", waitingFor ?? .null),
            ("key", JSONValue(key)),
            ("labels", .object(labels)),
            ("submitted_at", .string(submittedAt.description)),
            ("started_at", JSONValue(startedAt?.description)),
            ("finished_at", JSONValue(finishedAt?.description)),
            ("submitted_by", submittedBy?.json ?? .null),
            ("done_seq", JSONValue(doneSequence)),
            ("detail", detail ?? self.detail ?? .null),
        ])
        if let children { object["children"] = .array(children.map(\.json)) }
        return .object(object)
    }
}
