internal import ArgumentParser
internal import Model

struct ShowResult: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Print the result of a task as JSON.",
        discussion: "Exits 1 when the task failed, 2 when it was cancelled, 3 when it is not done yet.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let task = try session.client.task(id)
        if task.state == .succeeded {
            try session.output.json(task.result)
        } else {
            session.printError(task.complaint)
        }
        return ExitStatus(state: task.state)
    }
}
