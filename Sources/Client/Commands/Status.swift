internal import ArgumentParser
internal import Model

struct Status: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show running, queued and recent tasks; with arguments, everything about those tasks.")

    @Argument(help: ArgumentHelp("Tasks by id, or by name (*, ? and [a-z] match many).", valueName: "id|name"))
    var tasks: [String] = []
    @Flag(help: "Keep it up to date as things happen.") var watch = false
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        guard watch else {
            try show(session)
            return .success
        }
        try session.outlivingDaemon { _ in
            try session.client.whenSomethingHappens {
                if session.output.isTerminal { try session.output.write("\u{1B}[H\u{1B}[2J") }
                try show(session)
            }
        }
        return .success
    }

    private func show(_ session: Session) throws {
        if tasks.isEmpty { try showOverview(session) } else { try showDetails(session) }
    }

    private func showDetails(_ session: Session) throws {
        var found: [TaskReply] = []
        for text in tasks { found += try Self.find(text, session.client) }
        guard !session.wantsJSON else {
            let isSingle = tasks.count == 1 && TaskID(argument: tasks[0]) != nil
            return try session.output.json(isSingle ? found[0].json : .array(found.map(\.json)))
        }
        for (position, task) in found.enumerated() {
            if position > 0 { try session.output.line("") }
            try session.output.lines(task.detailLines)
        }
    }

    private static func find(_ text: String, _ client: DaemonClient) throws -> [TaskReply] {
        if let id = TaskID(argument: text) { return [try client.task(id)] }
        let found = try client.tasks(called: text, limit: .max) { [(name: "name", value: $0)] }
        guard !found.isEmpty else { throw ClientError(code: .noSuchTask, message: "no task is named \(text)") }
        return found
    }
}

// MARK: - Overview

extension Status {
    /// How many of the tasks that wait, and of those done, the overview shows.
    private static let limits = (waiting: 50, recent: 10)

    private func showOverview(_ session: Session) throws {
        let client = session.client
        let running = try client.tasks([(name: "state", value: "running")], limit: TaskFilter.maximumLimit)
        let waiting = try client.tasks([(name: "state", value: "queued,held")], limit: Self.limits.waiting)
        let done = [(name: "state", value: "succeeded,failed,cancelled"), (name: "order", value: "desc")]
        let recent = try client.tasks(done, limit: Self.limits.recent)
        guard !session.wantsJSON else {
            let lists = [("running", running.tasks), ("queued", waiting.tasks), ("recent", recent.tasks)]
            var object = JSONObject()
            for (name, tasks) in lists { object[name] = .array(tasks.map(\.json)) }
            return try session.output.json(.object(object))
        }
        let waitingInOrder = waiting.tasks.filter { $0.state == .queued } + waiting.tasks.filter { $0.state == .held }
        try session.show(Table(tasks: running.tasks + waitingInOrder + recent.tasks))
        if waiting.hasMore {
            try session.printError(
                "more tasks wait; these are the first \(Self.limits.waiting) (taskctl list --state queued)")
        }
    }
}
