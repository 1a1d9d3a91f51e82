internal import ArgumentParser
internal import Model

struct Send: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Write to the standard input of a command that was submitted with --stdin-open.",
        discussion: "The words given make one line; without any, what taskctl reads on its own standard input is sent.")

    @Argument(help: "The task.") var id: TaskID
    @Argument(help: "The line to send.") var words: [String] = []
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let bytes = try words.isEmpty ? SubmittedFile.read("-") : Array((words.joined(separator: " ") + "\n").utf8)
        let body = Request.Body(bytes: bytes, contentType: "application/octet-stream")
        let reply = try session.client.json(Request(.post, "v1", "tasks", id.description, "input", body: body))
        if session.wantsJSON { try session.output.json(reply) }
        return .success
    }
}
