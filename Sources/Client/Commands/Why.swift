internal import ArgumentParser
internal import Model

struct Why: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Explain why a task is not running.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let reply = try session.client.json(Request(.get, "v1", "tasks", id.description, "why"))
        guard let state = reply["state"]?.stringValue, let reasons = reply["reasons"]?.arrayValue else {
            throw ClientError.unexpectedReply("reasons were expected")
        }
        let lines = reasons.compactMap { $0["message"]?.stringValue }
        try session.answer(reply, or: lines.isEmpty ? ["nothing is delaying it: it is \(state)"] : lines)
        return .success
    }
}
