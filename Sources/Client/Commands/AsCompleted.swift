internal import ArgumentParser
internal import Model

struct AsCompleted: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "as-completed",
        abstract: "Print one line per task as it finishes: id, state, name, and the result or the exception.")

    @Argument(help: ArgumentHelp("The tasks.", valueName: "id")) var ids: [TaskID] = []
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Wait no longer than this, and exit 124.", valueName: "duration"),
        transform: Duration.argument) var timeout: Duration?
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        var states: [TaskState] = []
        var pending: JSONValue?
        var told: Set<TaskID> = []
        try session.outlivingDaemon(timeout: timeout) { timeout in
            let rest = ids.filter { !told.contains($0) }
            try session.client.forEachLine(of: .asCompleted(rest, timeout: timeout)) { line in
                if session.wantsJSON { try session.output.json(line) }
                guard line["timeout"]?.boolValue != true || line["id"] != nil else {
                    pending = line["pending"] ?? []
                    return false
                }
                let task = try TaskReply(json: line)
                told.insert(task.id)
                states.append(task.state)
                if !session.wantsJSON { try session.output.line(Self.line(task)) }
                return true
            }
        }
        guard let pending else { return ExitStatus(doneStates: states) }
        let left = pending.arrayValue?.map { $0.text() }.joined(separator: ", ") ?? ""
        session.printError("timed out; not done: \(left)")
        return .timedOut
    }

    /// The task on a line: `7 succeeded nightly {"main": 1247}`.
    static func line(_ task: TaskReply) -> String {
        let ending = task.state == .succeeded ? task.result.text(.spaced) : task.exceptionLine
        return "\(task.id) \(task.state.rawValue) \(task.name) \(ending)".shown
    }
}
