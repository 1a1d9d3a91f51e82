internal import ArgumentParser
internal import Model

struct Retry: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Submit a done task's job again; print the new task's id.")

    @Argument(help: "The task that is done.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        try session.change(id, "retry")
    }
}
