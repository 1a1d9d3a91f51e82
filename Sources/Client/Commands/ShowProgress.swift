internal import ArgumentParser
internal import Model

struct ShowProgress: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "progress", abstract: "Print how far a task has come.",
        discussion: """
            With --follow on a terminal: a line a member, redrawn until the task is done; elsewhere: a line a change.
            """)

    @Argument(help: "The task.") var id: TaskID
    @Flag(help: "Go on until the task is done.") var follow = false
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let task = try session.client.task(id)
        guard follow, !task.state.isDone else {
            try print(task, session)
            return .success
        }
        let isLive = session.errors.isTerminal && !session.wantsJSON
        let reply =
            isLive ? try session.wait(for: [id]) : try session.outlivingDaemon { _ in try printChanges(session) }
        for task in reply.done { try print(task, session) }
        return .success
    }

    private func printChanges(_ session: Session) throws -> WaitReply {
        var last: JSONValue?
        let reply = try session.client.json(.wait(for: [id]), following: .events(of: id)) { events in
            if last == nil {
                let task = try session.client.task(id)
                last = task.json["progress"] ?? .null
                if !task.state.isDone { try print(task, session) }
            }
            for event in events where event.type == "progress" && event.data != last {
                last = event.data
                try print(event.data, session)
            }
        }
        return try WaitReply(json: reply)
    }

    private func print(_ task: TaskReply, _ session: Session) throws(ClientError) {
        let text = task.progress.map(TaskReply.text) ?? ""
        let line = [task.state.rawValue, text].filter { !$0.isEmpty }.joined(separator: " ").shown
        try session.answer(task.json["progress"] ?? .null, or: [line])
    }

    private func print(_ progress: JSONValue, _ session: Session) throws(ClientError) {
        guard !session.wantsJSON else { return try session.output.json(progress) }
        guard let progress = Model.Progress(json: progress) else { return }
        try session.output.line("\(TaskState.running.rawValue) \(TaskReply.text(progress))".shown)
    }
}
