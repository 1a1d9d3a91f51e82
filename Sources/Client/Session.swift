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

    /// Makes the call for the part `part` of the task numbered `id`, which answers the task, and prints its id.
    func change(_ id: TaskID, _ part: String) throws(ClientError) -> ExitStatus {
        let reply = try client.json(.task(id, part))
        if wantsJSON { try output.json(reply) } else { try output.line(id.description) }
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

    private func lines(_ table: Table) -> [String] {
        table.lines(width: output.size?.columns, hasColour: output.showsColour)
    }
}
