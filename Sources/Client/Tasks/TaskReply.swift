internal import Model

/// A task as the daemon shows it.
struct TaskReply: Sendable, Hashable {
    let id: TaskID
    let name: String
    let state: TaskState
    /// Everything the daemon said, in its order.
    let json: JSONValue

    /// The task that `json` shows.
    ///
    /// - Throws: ``ClientError`` when it shows none.
    init(json: JSONValue) throws(ClientError) {
        guard let id = json["id"]?.intValue, let state = json["state"]?.stringValue.flatMap(TaskState.init(rawValue:))
        else { throw ClientError.unexpectedReply("a task without id or state") }
        self.id = TaskID(id)
        self.state = state
        name = json["name"]?.stringValue ?? "Task-\(id)"
        self.json = json
    }

    /// The tasks in the list `json`.
    ///
    /// - Throws: ``ClientError`` when it is no list of tasks.
    static func list(_ json: JSONValue?) throws(ClientError) -> [TaskReply] {
        guard let elements = json?.arrayValue else { throw ClientError.unexpectedReply("a list of tasks was expected") }
        var tasks: [TaskReply] = []
        for element in elements { tasks.append(try TaskReply(json: element)) }
        return tasks
    }
}

extension TaskReply {
    var kind: String { json["kind"]?.stringValue ?? "" }
    /// The number of its latest attempt; 0 before the first.
    var attempt: Int64 { json["attempt"]?.intValue ?? 0 }
    var queue: String { json["queue"]?.stringValue ?? "" }
    var result: JSONValue { json["result"] ?? .null }
    var exception: ExceptionInfo? { json["exception"].flatMap(ExceptionInfo.init(json:)) }
    var progress: Progress? { json["progress"].flatMap(Progress.init(json:)) }
    /// The members of a composite.
    var children: [TaskID] { json["children"]?.arrayValue?.compactMap { $0.intValue.map(TaskID.init) } ?? [] }
    var submittedAt: Timestamp? { timestamp("submitted_at") }
    var startedAt: Timestamp? { timestamp("started_at") }
    var finishedAt: Timestamp? { timestamp("finished_at") }

    private func timestamp(_ key: String) -> Timestamp? {
        json[key]?.stringValue.flatMap(Timestamp.init(text:))
    }

    /// How long it has been running, or ran; `nil` when it never started.
    func elapsed(at now: Timestamp) -> Duration? {
        startedAt.map { max((finishedAt ?? now) - $0, .zero) }
    }

    /// What stands in a `gather`'s list for this task: its result, or its exception in an object of its own.
    var slot: JSONValue {
        state == .succeeded ? result : ["exception": exception?.json ?? .null]
    }
}
