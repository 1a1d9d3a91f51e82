internal import ArgumentParser
internal import Glibc
internal import Model

struct Submit: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a job by name, from a file, or a command; print the task's id.",
        usage: """
            taskctl submit <job> [<options>]
            taskctl submit -f <file>|- [<options>]
            taskctl submit [<options>] -- <command> [<argument> ...]
            """)

    @Argument(help: "The name of one of the daemon's job files (taskctl jobs).") var job: String?
    @Option(name: [.short, .long], help: "A job file in YAML or JSON; - for standard input.", completion: .file())
    var file: String?
    @Argument(parsing: .postTerminator, help: "The program and its arguments, run without a shell.")
    var command: [String] = []
    @OptionGroup(title: "Modifiers") var modifiers: JobModifiers
    @Flag(help: "Wait until it is done and print the result.") var wait = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Cancel it when it runs longer than this. With --wait: wait no longer than this, the task goes on.",
            valueName: "duration"), transform: Duration.argument)
    var timeout: Duration?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Cancel it when it runs longer than this, with --wait too.", valueName: "duration"),
        transform: Duration.argument)
    var taskTimeout: Duration?
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard job != "" else { throw ValidationError("the job's name must not be empty") }
        guard wait || timeout == nil || taskTimeout == nil else {
            throw ValidationError("without --wait, --timeout and --task-timeout mean the same; give one of them")
        }
    }

    func run(_ session: Session) throws -> ExitStatus {
        // Not in validate(), where an unknown option has not been found yet and its value passes for a job.
        guard [job != nil, file != nil, !command.isEmpty].count(where: { $0 }) == 1 else {
            throw ValidationError(
                "give one of: a job's name, --file, or a command after --, as in: taskctl submit -- make all")
        }
        let reply = try submit(session.client)
        let tasks = try reply.arrayValue == nil ? [TaskReply(json: reply)] : TaskReply.list(reply)
        guard wait else {
            try session.answer(reply, or: tasks.map(\.id.description))
            return .success
        }
        return try wait(for: tasks, isList: reply.arrayValue != nil, session)
    }

    /// The daemon's answer; who takes a file or a program for the name of a job is told how to submit it.
    private func submit(_ client: DaemonClient) throws(ClientError) -> JSONValue {
        do {
            return try client.json(request())
        } catch {
            guard let job, error.code == .noSuchTask else { throw error }
            let hint =
                access(job, F_OK) == 0
                ? "to submit the file: taskctl submit -f \(job)" : "to run a program: taskctl submit -- \(job)"
            throw ClientError(code: error.code, message: "\(error.message); \(hint)", cause: error)
        }
    }

    /// The overrides that flags give, with the task's own timeout.
    ///
    /// - Throws: ``ClientError`` as ``JobModifiers/json``.
    var overrides: JSONObject {
        get throws(ClientError) {
            var object = try modifiers.json
            object["timeout"] = (taskTimeout ?? (wait ? nil : timeout))?.jsonSeconds
            return object
        }
    }

    /// The call that submits.
    ///
    /// - Throws: ``ClientError`` when the file cannot be read, or the directory that taskctl was called in is gone.
    func request() throws(ClientError) -> Request {
        let overrides = try overrides
        if let job { return Request(.post, "v1", "jobs", job, "submit", json: .object(overrides)) }
        guard let file else {
            var object: JSONObject = ["command": .array(command.map(JSONValue.string))]
            object.merge(overrides)
            let directory = try SubmittedFile.currentDirectory()
            return Request(.post, "v1", "tasks", query: [(name: "directory", value: directory)], json: .object(object))
        }
        let submitted = try SubmittedFile(path: file)
        var query = [(name: "directory", value: submitted.directory)]
        if !overrides.isEmpty { query.append((name: "overrides", value: JSONValue.object(overrides).text())) }
        return Request(.post, "v1", "tasks", query: query, body: submitted.body)
    }

    private func wait(for tasks: [TaskReply], isList: Bool, _ session: Session) throws -> ExitStatus {
        let ids = tasks.map(\.id)
        if session.errors.isTerminal {
            let list = ids.map(\.description).joined(separator: " ")
            InterruptNotice.prepare(
                "taskctl: submitted \(list), which \(ids.count > 1 ? "go" : "goes") on", on: session.errors)
        }
        let command = "taskctl wait " + ids.map(\.description).joined(separator: " ")
        let reply = try session.wait(forSubmitted: ids, timeout: timeout, orRun: command)
        let ended = Dictionary(reply.done.map { ($0.id, $0) }) { first, _ in first }
        if session.wantsJSON {
            let latest = Dictionary(reply.all.map { ($0.id, $0.json) }) { first, _ in first }
            let records = ids.compactMap { latest[$0] }
            try session.output.json(isList ? .array(records) : records.first ?? .null)
        }
        for id in ids { try report(ended[id], id, session) }
        return reply.pending.isEmpty ? ExitStatus(doneStates: reply.done.map(\.state)) : .timedOut
    }

    private func report(_ task: TaskReply?, _ id: TaskID, _ session: Session) throws(ClientError) {
        guard let task else {
            let limit = timeout.map { " within \($0.secondsText)s" } ?? ""
            return session.printError("task \(id) is not done\(limit); it goes on")
        }
        guard task.state == .succeeded else { return session.printError(task.complaint) }
        if !session.wantsJSON { try session.output.json(task.result) }
    }
}
