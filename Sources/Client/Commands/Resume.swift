internal import ArgumentParser
internal import Model

struct Resume: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Resume a paused command; print its id.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        try session.change(id, "resume")
    }
}
