internal import ArgumentParser
internal import Model

struct Cancel: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Request tasks to end; print true, or false where there was nothing to cancel.")

    @Argument(help: ArgumentHelp("The tasks to cancel.", valueName: "id")) var ids: [TaskID]
    @Option(help: "The reason, shown with the task.") var message: String?
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
        var answers: [(id: TaskID, json: JSONValue)] = []
        for id in ids {
            do {
                answers.append((id, try session.client.json(.task(id, "cancel", json: body))))
            } catch {
                guard error.concernsOneTask else { throw error }
                session.printError(error.message)
                if status == .success { status = error.code }
                guard error.isWrongState else { continue }
                answers.append((id, ["cancelled": false, "task": .null]))
            }
            if !session.wantsJSON { try session.output.line((answers.last?.json["cancelled"] ?? .null).text()) }
        }
        if wait { answers = try ended(answers, session) }
        if session.wantsJSON, let first = answers.first {
            try session.output.json(ids.count == 1 ? first.json : .array(answers.map(\.json)))
        }
        return status
    }

    /// The answers with the tasks as they ended; only after all were asked, so that they end side by side.
    private func ended(
        _ answers: [(id: TaskID, json: JSONValue)], _ session: Session
    ) throws -> [(id: TaskID, json: JSONValue)] {
        let asked = answers.filter { $0.json["task"] != .null }.map(\.id)
        guard !asked.isEmpty else { return answers }
        let done = try session.outlivingDaemon { _ in
            try WaitReply(json: session.client.json(.wait(for: asked))).done
        }
        return answers.map { id, json in
            guard let task = done.first(where: { $0.id == id }) else { return (id, json) }
            return (id, ["cancelled": json["cancelled"] ?? .null, "task": task.json])
        }
    }
}

extension ClientError {
    /// Whether the task is in a state that does not allow the call.
    var isWrongState: Bool { (cause as? Problem)?.status == 409 }

    /// Whether the next task of several may fare better.
    var concernsOneTask: Bool { isWrongState || code == .noSuchTask || code == .notPermitted && cause is Problem }
}
