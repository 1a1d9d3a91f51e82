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
    /// How many of the tasks that wait in either way, and of those done, the overview shows.
    private static let limits = (waiting: 50, recent: 10)

    private func showOverview(_ session: Session) throws {
        func tasks(_ state: String, limit: Int) throws -> (tasks: [TaskReply], hasMore: Bool) {
            try session.client.tasks([(name: "state", value: state)], limit: limit)
        }
        let running = try tasks("running", limit: TaskFilter.maximumLimit).tasks
        let queued = try tasks("queued", limit: Self.limits.waiting)
        let held = try tasks("held", limit: Self.limits.waiting)
        let recent = try session.client.tasks(
            [(name: "sort", value: "done"), (name: "order", value: "desc")], limit: Self.limits.recent
        ).tasks
        if session.wantsJSON {
            let lists = [("running", running), ("queued", queued.tasks + held.tasks), ("recent", recent)]
            var object = JSONObject()
            for (name, tasks) in lists { object[name] = .array(tasks.map(\.json)) }
            try session.output.json(.object(object))
        } else {
            try session.show(Table(tasks: running + queued.tasks + held.tasks + recent))
        }
        for (state, hasMore) in [("queued", queued.hasMore), ("held", held.hasMore)] where hasMore {
            session.printError(
                "more tasks are \(state); these are the first \(Self.limits.waiting) (taskctl list --state \(state))")
        }
    }
}
