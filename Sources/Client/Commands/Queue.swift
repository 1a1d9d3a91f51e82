internal import ArgumentParser
internal import Model

struct Queue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Change a queue.", subcommands: [Set.self, Pause.self, Resume.self])

    func run() throws {
        throw ValidationError("say what to do with the queue: set, pause or resume")
    }
}

extension Queue {
    struct Set: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Set a queue's limit, creating the queue if it is new.")

        @Argument(help: "The queue.") var name: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("How many of its tasks may run at once.", valueName: "number|none")) var maxRunning:
            RunningLimit
        @OptionGroup var global: GlobalOptions

        func run(_ session: Session) throws -> ExitStatus {
            try session.change(queue: name, ["max_running": maxRunning.json])
        }
    }

    struct Pause: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause",
            abstract: "Start no more of a queue's tasks; running ones go on.")

        @Argument(help: "The queue.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(_ session: Session) throws -> ExitStatus {
            try session.change(queue: name, ["paused": true])
        }
    }

    struct Resume: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Start a paused queue's tasks again.")

        @Argument(help: "The queue.") var name: String
        @OptionGroup var global: GlobalOptions

        func run(_ session: Session) throws -> ExitStatus {
            try session.change(queue: name, ["paused": false])
        }
    }
}

extension Session {
    fileprivate func change(queue name: String, _ changes: JSONValue) throws -> ExitStatus {
        guard !name.isEmpty else { throw ClientError(code: .usage, message: "a queue's name must not be empty") }
        let queue = try client.json(Request(.patch, "v1", "queues", name, json: changes))
        try answer(queue, or: lines(Table(queues: [queue])))
        return .success
    }
}
