internal import ArgumentParser
internal import Model

struct Prune: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove done tasks, their output and their events from the history; print how many.")

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only tasks that were done this long ago: 30d, 12h.", valueName: "duration"),
        transform: Duration.argument)
    var olderThan: Duration?
    @Option(parsing: .unconditional, help: ArgumentHelp("Keep this many of the newest tasks.", valueName: "number"))
    var keep: Int?
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard (olderThan == nil) != (keep == nil) else { throw ValidationError("give one of --older-than and --keep") }
        if let keep, keep < 0 { throw ValidationError("--keep must not be negative") }
    }

    func run(_ session: Session) throws -> ExitStatus {
        var wish = JSONObject()
        wish["older_than"] = olderThan?.jsonSeconds
        wish["keep"] = keep.map { JSONValue($0) }
        let reply = try session.client.json(Request(.post, "v1", "prune", json: .object(wish)))
        try session.answer(reply, or: [(reply["removed"] ?? .null).text()])
        return .success
    }
}
