internal import ArgumentParser
internal import Model

struct ShowException: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "exception",
        abstract: "Print the exception of a task as JSON, null when it succeeded.",
        discussion: "Exits 2 when the task was cancelled, 3 when it is not done yet.")

    @Argument(help: "The task.") var id: TaskID
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let task = try session.client.task(id)
        switch task.state {
        case .succeeded, .failed, .cancelled:
            try session.output.json(task.exception?.json ?? .null)
            // As `asyncio.Task.exception()`, which raises the cancellation and answers the others.
            return task.state == .cancelled ? .taskCancelled : .success
        case .held, .queued, .running:
            session.printError(task.complaint)
            return .notDone
        }
    }
}
