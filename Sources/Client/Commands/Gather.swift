internal import ArgumentParser
internal import Model

struct Gather: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "gather",
        abstract: "Print the results of tasks as a JSON list, in the order given.",
        discussion: """
            Fails with the first task that fails or is cancelled, at that moment; the others run on. \
            After Ctrl-C all run on.
            """)

    @Argument(help: ArgumentHelp("The tasks; one given twice has two places in the list.", valueName: "id"))
    var ids: [TaskID] = []
    @Flag(help: "Wait for all; a task that did not succeed has {\"exception\": {...}} in its place.")
    var returnExceptions = false
    @Flag(help: "Merge the results that are objects, left to right, into one.") var merge = false
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        var slots: [TaskID: JSONValue] = [:]
        var unsuccessful: TaskReply?
        try session.outlivingDaemon { _ in
            let rest = ids.filter { slots[$0] == nil }
            try session.client.forEachLine(of: .asCompleted(rest, timeout: nil)) { line in
                let task = try TaskReply(json: line)
                slots[task.id] = task.slot
                guard task.state != .succeeded, !returnExceptions else { return true }
                unsuccessful = task
                return false
            }
        }
        if let unsuccessful {
            session.printError(unsuccessful.complaint)
            return ExitStatus(state: unsuccessful.state)
        }
        var results: [JSONValue] = []
        for id in ids {
            guard let slot = slots[id] else { throw ClientError(code: .noSuchTask, message: "task \(id) was pruned") }
            results.append(slot)
        }
        try session.output.json(merge ? Self.merged(results) : .array(results))
        return .success
    }

    private static func merged(_ results: [JSONValue]) -> JSONValue {
        var merged = JSONObject()
        for result in results { merged.merge(result.objectValue ?? [:]) }
        return .object(merged)
    }
}
