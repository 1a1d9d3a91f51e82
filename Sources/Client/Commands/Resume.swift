internal import ArgumentParser
internal import Model

struct Resume: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused command go on; print its id.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let reply = try session.client.json(.task(id, "resume"))
        if session.wantsJSON { try session.output.json(reply) } else { try session.output.line(id.description) }
        return .success
    }
}
