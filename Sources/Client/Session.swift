internal import Model

/// What a command works with: the daemon, and where to write.
struct Session {
    let client: DaemonClient
    var output = Output.standard
    var errors = Output.error
    /// Whether the output is for a program.
    var wantsJSON = false
    /// How long a command that waits for tasks does without a daemon.
    var restartLimit = Duration.seconds(10)

    /// Tells the person what went wrong, in lines that are safe to show.
    func complain(_ lines: [String]) throws(ClientError) {
        guard let first = lines.first else { return }
        try errors.lines(["taskctl: " + first] + lines.dropFirst())
    }

    /// Tells the person what went wrong, in one line.
    func complain(_ message: String) throws(ClientError) {
        try complain([message.shown])
    }

    /// Writes `table` as wide as the terminal allows.
    func show(_ table: Table) throws(ClientError) {
        try output.lines(table.lines(width: output.size?.columns, hasColour: output.showsColour))
    }
}
