internal import ArgumentParser
internal import Model

struct Queues: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "List the queues, their limits and their tasks.")

    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let reply = try session.client.json(Request(.get, "v1", "queues"))
        guard let queues = reply["queues"]?.arrayValue else {
            throw ClientError.unexpectedReply("a list of queues was expected")
        }
        try session.answer(.array(queues), or: session.lines(Table(queues: queues)))
        return .success
    }
}

extension Table {
    /// Queues as a person wants to see them.
    init(queues: [JSONValue]) {
        self.init([
            Column(title: "QUEUE", canShrink: true), Column(title: "MAX", isNumeric: true),
            Column(title: "RUNNING", isNumeric: true), Column(title: "QUEUED", isNumeric: true), Column(title: "STATE"),
        ])
        for queue in queues {
            let limit = queue["max_running"]?.intValue
            let isPaused = queue["paused"]?.boolValue == true
            append([
                Cell(queue["name"]?.stringValue ?? ""), Cell(limit.map(String.init) ?? "-"),
                Cell((queue["running"] ?? .null).text()), Cell((queue["queued"] ?? .null).text()),
                Cell(isPaused ? "paused" : "open", isPaused ? .yellow : nil),
            ])
        }
    }
}
