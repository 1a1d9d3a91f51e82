internal import ArgumentParser
internal import Model

struct Events: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print events: number, time, task, type and details, one per line.",
        discussion:
            "With --follow alone it starts with what happens next; --after goes on where an earlier run stopped.")

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only events after this number; 0 for all.", valueName: "number"))
    var after: Int64?
    @Option(help: ArgumentHelp("Only events of this task.", valueName: "id")) var task: TaskID?
    @Flag(help: "Go on printing events as they happen.") var follow = false
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard after ?? 0 >= 0 else { throw ValidationError("--after must not be negative") }
    }

    /// The call for these events, those after `after`.
    func request(after: Int64?) -> Request {
        var query: [(name: String, value: String)] = []
        if let after { query.append((name: "after", value: String(after))) }
        if let task { query.append((name: "task_id", value: task.description)) }
        if follow { query.append((name: "follow", value: "true")) }
        return Request(.get, "v1", "events", query: query)
    }

    func run(_ session: Session) throws -> ExitStatus {
        var last = after
        guard follow else {
            try print(after: &last, session)
            return .success
        }
        do {
            try session.outlivingDaemon { _ -> Never in
                try print(after: &last, session)
                throw ClientError.stopping
            }
        } catch let error as ClientError where error.isOutage {
            let options = (last.map { " --after \($0)" } ?? "") + (task.map { " --task \($0)" } ?? "")
            session.printError([
                error.message.shown, "when it is back, go on with: taskctl events --follow\(options)",
            ])
            return error.code
        }
    }

    /// Prints the events after `last` as they come, until there are no more, and keeps `last` up to date.
    private func print(after last: inout Int64?, _ session: Session) throws {
        let stream = EventStream(try session.client.open(request(after: last)))
        last = last ?? stream.start
        while let events = try stream.next() {
            for event in events {
                last = event.json["seq"]?.intValue ?? last
                try session.answer(event.json, or: [Self.line(event)])
            }
        }
    }

    /// The event on a line: `12 2026-11-21T09:30:00.125Z 7 started`.
    static func line(_ event: TaskEvent) -> String {
        let sequence = (event.json["seq"] ?? .null).text()
        let time = event.json["at"]?.stringValue ?? "-"
        let details = event.data == .null || event.data == [:] ? "" : " " + event.data.text(.spaced)
        return "\(sequence) \(time) \(event.taskID) \(event.type)\(details)".shown
    }
}
