internal import ArgumentParser

/// The options every command has.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The daemon's socket (default: $TASKD_SOCKET, or where taskd puts it).", valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    /// What a command with these options works with.
    var session: Session {
        Session(client: DaemonClient(socketPath: SocketPath.resolve(option: socket)), wantsJSON: json)
    }

    /// Refuses CSV and JSON at once.
    func requireOneForm(isCSV: Bool) throws {
        guard !isCSV || !json else { throw ValidationError("give --csv or --json, not both") }
    }
}
