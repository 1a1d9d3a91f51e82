internal import Model

/// What a wait ended with.
struct WaitReply {
    let done: [TaskReply]
    let pending: [TaskReply]
    /// The reply as it was sent.
    let json: JSONValue

    /// The reply that `json` is.
    ///
    /// - Throws: ``ClientError`` when it is none.
    init(json: JSONValue) throws(ClientError) {
        done = try TaskReply.list(json["done"])
        pending = try TaskReply.list(json["pending"])
        self.json = json
    }

    /// All tasks, those done first.
    var all: [TaskReply] { done + pending }
}
