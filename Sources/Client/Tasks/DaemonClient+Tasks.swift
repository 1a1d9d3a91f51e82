internal import Model

extension DaemonClient {
    /// The task numbered `id`.
    func task(_ id: TaskID) throws(ClientError) -> TaskReply {
        try TaskReply(json: json(Request(.get, "v1", "tasks", id.description)))
    }

    /// The tasks that `query` lets through, at most `limit`, and whether there are more.
    func tasks(
        _ query: [(name: String, value: String)], limit: Int
    ) throws(ClientError) -> (tasks: [TaskReply], hasMore: Bool) {
        var tasks: [TaskReply] = []
        var cursor: JSONValue = .null
        repeat {
            var page = query
            page.append((name: "limit", value: String(min(limit - tasks.count, TaskFilter.maximumLimit))))
            if cursor != .null { page.append((name: "cursor", value: cursor.stringValue ?? cursor.text())) }
            let reply = try json(Request(.get, "v1", "tasks", query: page))
            tasks += try TaskReply.list(reply["tasks"])
            cursor = reply["next"] ?? .null
        } while cursor != .null && tasks.count < limit
        return (tasks, cursor != .null)
    }

    /// The tasks called `name`, or, where none is, those whose names it matches as a pattern: those that the query lets through
    /// that `query` makes of what the names have to match, at most `limit`.
    func tasks(
        called name: String, limit: Int, _ query: (String) -> [(name: String, value: String)]
    ) throws(ClientError) -> [TaskReply] {
        let special: Set<Unicode.Scalar> = ["*", "?", "["]
        if name.unicodeScalars.contains(where: special.contains) {
            var exact = ""
            for scalar in name.unicodeScalars {
                // In brackets, each of them stands for itself.
                exact.unicodeScalars.append(contentsOf: special.contains(scalar) ? ["[", scalar, "]"] : [scalar])
            }
            let found = try tasks(query(exact), limit: limit).tasks
            if !found.isEmpty { return found }
        }
        return try tasks(query(name), limit: limit).tasks
    }
}

extension Request {
    /// The call for the task's part `part`: `cancel`, `start`, `output` and so on.
    static func task(
        _ id: TaskID, _ part: String, method: Request.Method = .post, query: [(name: String, value: String)] = [],
        json: JSONValue? = nil
    ) -> Request {
        guard let json else { return Request(method, "v1", "tasks", id.description, part, query: query) }
        return Request(method, "v1", "tasks", id.description, part, query: query, json: json)
    }

    /// The call that is answered when a wait is over; repeated ids count once.
    static func wait(
        for ids: [TaskID], returnWhen: ReturnWhen = .allCompleted, timeout: Duration? = nil
    ) -> Request {
        let wish = WaitRequest(ids: ids.uniqued, returnWhen: returnWhen, timeout: timeout)
        return Request(.post, "v1", "wait", json: wish.json)
    }

    /// The call that is answered with a line a task as each is done; repeated ids count once.
    static func asCompleted(_ ids: [TaskID], timeout: Duration?) -> Request {
        var body: JSONObject = ["ids": .array(ids.uniqued.map(\.json))]
        body["timeout"] = timeout?.jsonSeconds
        return Request(.post, "v1", "as_completed", json: .object(body))
    }

    /// The call for all that happens from now on.
    static let eventsFromNow = Request(.get, "v1", "events", query: [(name: "follow", value: "true")])

    /// The call for all that happens to one task from now on.
    static func events(of id: TaskID) -> Request {
        Request(
            .get, "v1", "events", query: [(name: "task_id", value: id.description), (name: "follow", value: "true")])
    }
}

extension Sequence<TaskID> {
    /// The ids in order, each at its first place.
    var uniqued: [TaskID] {
        var seen: Set<TaskID> = []
        return filter { seen.insert($0).inserted }
    }
}
