internal import ArgumentParser
internal import Model

struct Pause: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause a running command; print its id.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        try session.change(id, "pause")
    }
}
