internal import ArgumentParser
internal import Model

struct Start: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Release a held task; print its id.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        try session.change(id, "start")
    }
}
