internal import ArgumentParser
internal import Model

struct Prune: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove done tasks, their output and their events from the history; print how many.")

    @Option(help: ArgumentHelp("Only tasks that were done this long ago: 30d, 12h.", valueName: "duration"))
    var olderThan: Duration
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let reply = try session.client.json(
            Request(.post, "v1", "prune", json: ["older_than": olderThan.jsonSeconds]))
        if session.wantsJSON {
            try session.output.json(reply)
        } else {
            try session.output.line((reply["removed"] ?? .null).text())
        }
        return .success
    }
}
