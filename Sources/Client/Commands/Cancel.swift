internal import ArgumentParser
internal import Model

struct Cancel: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Request tasks to end; print true, or false where there was nothing to cancel.")

    @Argument(help: ArgumentHelp("The tasks to cancel.", valueName: "id")) var ids: [TaskID]
    @Option(help: "Why, for whoever looks at the task.") var message: String?
    @Flag(help: "Cancel a shielded task too.") var force = false
    @Flag(help: "Wait until the tasks have really ended.") var wait = false
    @OptionGroup var global: GlobalOptions

    /// What goes along with each call.
    var body: JSONValue {
        var object = JSONObject()
        object["message"] = message.map(JSONValue.string)
        object["force"] = force ? true : nil
        return .object(object)
    }

    func run(_ session: Session) throws -> ExitStatus {
        var status = ExitStatus.success
        var replies: [JSONValue] = []
        for id in ids {
            do {
                let reply = try session.client.json(.task(id, "cancel", json: body))
                let task = try wait ? ended(id, session) : reply["task"] ?? .null
                let isCancelled = reply["cancelled"] ?? .null
                replies.append(["cancelled": isCancelled, "task": task])
                if !session.wantsJSON { try session.output.line(isCancelled.text()) }
            } catch let error as ClientError where error.concernsOneTask {
                try session.complain(error.message)
                if status == .success { status = error.code }
            }
        }
        if session.wantsJSON, let first = replies.first {
            try session.output.json(ids.count == 1 ? first : .array(replies))
        }
        return status
    }

    private func ended(_ id: TaskID, _ session: Session) throws -> JSONValue {
        try WaitReply(json: session.client.json(.wait(for: [id]))).done.first?.json ?? .null
    }
}

extension ClientError {
    /// Whether the task is in a state that does not allow the call.
    var isWrongState: Bool { (cause as? Problem)?.status == 409 }

    /// Whether the next task of several may fare better.
    var concernsOneTask: Bool { isWrongState || code == .noSuchTask || code == .notPermitted && cause is Problem }
}
