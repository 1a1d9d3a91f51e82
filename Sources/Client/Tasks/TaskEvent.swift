internal import Model

/// What happened to a task, as the daemon's event log tells it.
struct TaskEvent: Sendable, Hashable {
    let taskID: TaskID
    let type: String
    let data: JSONValue
    /// The whole event as it was sent.
    let json: JSONValue

    /// The event that the data of a server-sent event describes.
    init(data text: String) throws(ClientError) {
        guard let json = try? JSONParser.parse(Array(text.utf8), maximumDepth: JSONParser.maximumReplyDepth),
            let id = json["task_id"]?.intValue,
            let type = json["type"]?.stringValue
        else { throw ClientError.unexpectedReply("an event without task_id or type") }
        taskID = TaskID(id)
        self.type = type
        data = json["data"] ?? .null
        self.json = json
    }
}
