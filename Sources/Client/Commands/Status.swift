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
            let view = try view(session)
            try session.output.lines(view.lines)
            for notice in view.notices { session.printError(notice) }
            return .success
        }
        var shown: [String] = []
        try session.outlivingDaemon { _ in
            try session.client.whenSomethingHappens { try redraw(&shown, session) }
        }
        return .success
    }

    /// Writes over what the terminal shows, as much as it has rows for; anywhere else once more, if it is not `shown`.
    private func redraw(_ shown: inout [String], _ session: Session) throws {
        var lines = try view(session).lines
        defer { shown = lines }
        guard let size = session.output.size else {
            if lines != shown { try session.output.lines(lines) }
            return
        }
        let room = max(size.rows - 1, 1)
        if lines.count > room {
            lines = Array(lines.prefix(room - 1)) + ["and \(lines.count - room + 1) more lines"]
        }
        // Home, each row cleared and written, then the rest of the screen (ECMA-48, CUP, EL and ED), in one write: a screen that
        // is cleared first flickers.
        try session.output.write("\u{1B}[H" + lines.map { "\u{1B}[K" + $0 + "\n" }.joined() + "\u{1B}[J")
    }

    /// What is shown, and what there is to say of it.
    private func view(_ session: Session) throws -> (lines: [String], notices: [String]) {
        tasks.isEmpty ? try overview(session) : (try details(session), [])
    }

    private func details(_ session: Session) throws -> [String] {
        var found: [TaskReply] = []
        for text in tasks { found += try Self.find(text, session.client) }
        guard !session.wantsJSON else {
            let isSingle = tasks.count == 1 && TaskID(argument: tasks[0]) != nil
            return [(isSingle ? found[0].json : .array(found.map(\.json))).text(.spaced)]
        }
        let lines = found.map(\.detailLines).joined(separator: [""])
        guard watch, let columns = session.output.size?.columns else { return Array(lines) }
        return lines.map { $0.truncated(toWidth: columns) }
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

    private func overview(_ session: Session) throws -> (lines: [String], notices: [String]) {
        func tasks(_ state: String, limit: Int) throws -> (tasks: [TaskReply], hasMore: Bool) {
            try session.client.tasks([(name: "state", value: state)], limit: limit)
        }
        let running = try tasks("running", limit: TaskFilter.maximumLimit).tasks
        let queued = try tasks("queued", limit: Self.limits.waiting)
        let held = try tasks("held", limit: Self.limits.waiting)
        let recent = try session.client.tasks(
            [(name: "sort", value: "done"), (name: "order", value: "desc")], limit: Self.limits.recent
        ).tasks
        let cut = [("queued", queued.hasMore), ("held", held.hasMore)].filter(\.1).map(\.0)
        let notices = cut.map {
            "more tasks are \($0); these are the first \(Self.limits.waiting) (taskctl list --state \($0))"
        }
        guard session.wantsJSON else {
            return (session.lines(running + queued.tasks + held.tasks + recent), notices)
        }
        let lists = [("running", running), ("queued", queued.tasks + held.tasks), ("recent", recent)]
        var object = JSONObject()
        for (name, tasks) in lists { object[name] = .array(tasks.map(\.json)) }
        return ([JSONValue.object(object).text(.spaced)], notices)
    }
}
