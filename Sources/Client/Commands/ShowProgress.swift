internal import ArgumentParser
internal import Model

struct ShowProgress: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "progress", abstract: "Print how far a task has come.",
        discussion:
            "With --follow on a terminal: a line a member that is redrawn until the task is done; elsewhere: a line whenever it changes."
    )

    @Argument(help: "The task.") var id: TaskID
    @Flag(help: "Go on until the task is done.") var follow = false
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) async throws -> ExitStatus {
        let task = try await session.client.task(id)
        guard follow, !task.state.isDone else {
            try print(task, session)
            return .success
        }
        let isLive = session.errors.isTerminal && !session.wantsJSON
        let reply =
            isLive
            ? try await session.showingProgress(of: [id]) { try await session.client.wait(for: [id]) }
            : try await printingChanges(of: task, session)
        for task in reply.done { try print(task, session) }
        return .success
    }

    private func printingChanges(of task: TaskReply, _ session: Session) async throws -> WaitReply {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await session.client.forEachEventBatch(of: .events(of: id)) { events in
                    // The first, empty batch: the stream stands, so nothing is missed after this reading.
                    if events.isEmpty { try await printUnlessDone(session) }
                    for event in events where event.type == "progress" { try print(event.data, session) }
                }
            }
            defer { group.cancelAll() }
            return try await session.client.wait(for: [id])
        }
    }

    private func printUnlessDone(_ session: Session) async throws {
        let task = try await session.client.task(id)
        if !task.state.isDone { try print(task, session) }
    }

    private func print(_ task: TaskReply, _ session: Session) throws(ClientError) {
        guard !session.wantsJSON else { return try session.output.json(task.json["progress"] ?? .null) }
        let text = task.progress.map(TaskReply.text) ?? ""
        try session.output.line([task.state.rawValue, text].filter { !$0.isEmpty }.joined(separator: " ").shown)
    }

    private func print(_ progress: JSONValue, _ session: Session) throws(ClientError) {
        guard !session.wantsJSON else { return try session.output.json(progress) }
        guard let progress = Model.Progress(json: progress) else { return }
        try session.output.line("\(TaskState.running.rawValue) \(TaskReply.text(progress))".shown)
    }
}
