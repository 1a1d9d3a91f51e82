internal import Model

/// What a command works with: the daemon, and where to write.
struct Session {
    let client: DaemonClient
    var output = Output.standard
    var errors = Output.error
    /// Whether the output is for a program.
    var wantsJSON = false
    /// How long a command that waits for tasks does without a daemon.
    var restartLimit = Duration.seconds(5)

    /// Tells the person what went wrong, in lines that are safe to show.
    func printError(_ lines: [String]) {
        guard let first = lines.first else { return }
        // Where standard error is gone, the exit code still tells how it went.
        try? errors.lines(["taskctl: " + first] + lines.dropFirst())
    }

    /// Tells the person what went wrong, in one line.
    func printError(_ message: String) {
        printError([message.shown])
    }

    /// Writes `json` for a program, or else `lines` for a person.
    func answer(
        _ json: @autoclosure () -> JSONValue, or lines: @autoclosure () -> [String]
    ) throws(ClientError) {
        if wantsJSON { try output.json(json()) } else { try output.lines(lines()) }
    }

    /// Makes the call for the part `part` of the task numbered `id`, and prints the id of the task that is answered.
    func change(_ id: TaskID, _ part: String) throws(ClientError) -> ExitStatus {
        let task = try TaskReply(json: client.json(.task(id, part)))
        try answer(task.json, or: [task.id.description])
        return .success
    }

    /// Writes `table` as wide as the terminal allows.
    func show(_ table: Table) throws(ClientError) {
        try output.lines(lines(table))
    }

    /// The lines of `tasks` as a table.
    func lines(_ tasks: [TaskReply]) -> [String] {
        lines(Table(tasks: tasks, isBrief: output.isTerminal))
    }

    /// The lines of `table`, as wide as the terminal allows.
    func lines(_ table: Table) -> [String] {
        table.lines(width: output.size?.columns, hasColour: output.showsColour)
    }
}
