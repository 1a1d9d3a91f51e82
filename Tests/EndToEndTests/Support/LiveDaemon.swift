import Glibc
import Model
import Testing
import Synchronization

/// Runs `test` with the real `taskd`, in a directory of its own, and takes both away afterwards.
///
/// - Parameter settings: the text of its configuration file.
func withDaemon<Value>(
    jobs: [String: String] = [:], settings: String = "", flags: [String] = [], state: String? = nil,
    under wrapper: [String] = [],
    _ test: (LiveDaemon) async throws -> Value
) async throws -> Value {
    try await withDirectory { directory in
        try directory.write(jobs, to: "jobs")
        try directory.write(settings, to: "taskd.yaml")
        let daemon = LiveDaemon(directory: directory, state: state ?? directory.path + "/state", flags: flags)
        try await daemon.start(under: wrapper)
        do {
            let value = try await test(daemon)
            try await daemon.leave()
            return value
        } catch {
            try await daemon.leave()
            throw error
        }
    }
}

/// A `taskd` that runs, can be killed and started again, and is talked to as users do.
final class LiveDaemon: Sendable {
    let directory: Directory
    private let process = Mutex<DaemonProcess?>(nil)

    var socket: String { directory.path + "/taskd.sock" }
    let state: String
    var history: String { state + "/history.sqlite" }

    private let flags: [String]

    fileprivate init(directory: Directory, state: String, flags: [String]) {
        self.directory = directory
        self.state = state
        self.flags = flags
    }

    /// The flags it is started with.
    var arguments: [String] {
        [
            "--config", directory.path + "/taskd.yaml", "--state-dir", state, "--socket", socket, "--jobs-dir",
            directory.path + "/jobs",
        ] + flags
    }

    /// What the daemon that runs has logged.
    var log: String { process.withLock { $0?.text ?? "" } }
    var pid: Int32? { process.withLock { $0?.pid } }
    /// Whether it has not ended by itself.
    var isRunning: Bool { process.withLock { $0?.hasEnded == false } }

    func start(under wrapper: [String] = []) async throws {
        let started = try await DaemonProcess(arguments, under: wrapper)
        process.withLock { $0 = started }
    }

    /// Sends `signal` and waits for the end; answers the exit code as a shell has it.
    @discardableResult
    func end(_ signal: Int32) async throws -> Int32 {
        guard let running = process.withLock({ $0.take() }) else { throw TestFailure("taskd does not run") }
        running.signal(signal)
        return try await running.ending()
    }

    /// Waits for an end that nobody asked for; answers the exit code as a shell has it.
    func ending() async throws -> Int32 {
        guard let running = process.withLock({ $0.take() }) else { throw TestFailure("taskd does not run") }
        return try await running.ending()
    }

    func kill9() async throws {
        try await end(SIGKILL)
    }

    func restart() async throws {
        if pid != nil { try await kill9() }
        try await start()
    }

    /// Sends SIGHUP and returns when the job files have been read again.
    func hangUp() async throws {
        guard let process = process.withLock({ $0 }) else { throw TestFailure("taskd does not run") }
        try await process.signal(SIGHUP, untilLogged: "job files read again")
    }

    /// Ends what a test has left running: the daemon, and the shims of commands that outlive it.
    fileprivate func leave() async throws {
        if pid != nil { try await kill9() }
        for shim in try directory.shims() { kill(shim, SIGTERM) }
    }
}

// MARK: - Talking to it

extension LiveDaemon {
    /// Runs `taskctl` on this daemon.
    func taskctl(_ arguments: String..., input: String = "") async throws -> Ending {
        try await taskctl(arguments, input: input)
    }

    func taskctl(_ arguments: [String], input: String = "") async throws -> Ending {
        guard let command = arguments.first else { throw TestFailure("no command for taskctl") }
        return try await Program.run(
            Program.taskctl, [command, "--socket", socket] + arguments.dropFirst(), input: input, in: directory.path)
    }

    /// Asks over HTTP, and reads the whole answer.
    func http(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> HTTPReply {
        try await http(method, path, bytes: body.map { JSONWriter.bytes($0) } ?? [])
    }

    func http(_ method: String, _ path: String, bytes: [UInt8]) async throws -> HTTPReply {
        let stream = try await open(method, path, bytes: bytes)
        return HTTPReply(status: stream.head.status, headers: stream.head.headers, body: try await stream.rest())
    }

    /// Asks over HTTP, and leaves the body of the answer to be read.
    func open(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPStream {
        try await open(method, path, bytes: body.map { JSONWriter.bytes($0) } ?? [], headers: headers)
    }

    private func open(
        _ method: String, _ path: String, bytes: [UInt8], headers: [String: String] = [:]
    ) async throws -> HTTPStream {
        try await HTTPStream(socket: socket, method: method, path: path, headers: headers, body: bytes)
    }
}

// MARK: - What tests do most

extension LiveDaemon {
    /// Submits a job and answers the number of its task.
    func submit(_ job: JSONValue) async throws -> Int64 {
        let reply = try await http("POST", "/v1/tasks", job)
        guard reply.status == 201, let id = try reply.json["id"]?.intValue else { throw TestFailure(reply.text) }
        return id
    }

    /// Submits jobs, all or none, and answers the numbers of their tasks.
    func submit(_ jobs: [JSONValue]) async throws -> [Int64] {
        let reply = try await http("POST", "/v1/tasks", .array(jobs))
        let ids = try reply.json.arrayValue?.compactMap { $0["id"]?.intValue } ?? []
        guard reply.status == 201, ids.count == jobs.count else { throw TestFailure(reply.text) }
        return ids
    }

    /// The task as it is now.
    func task(_ id: Int64) async throws -> JSONValue {
        try await http("GET", "/v1/tasks/\(id)").json
    }

    /// Why a task does not run, as codes.
    func reasons(_ id: Int64) async throws -> [String] {
        let reasons = try await http("GET", "/v1/tasks/\(id)/why").json["reasons"]?.arrayValue
        return try #require(reasons).compactMap { $0["reason"]?.stringValue }
    }

    /// The task once it is done.
    func done(_ id: Int64) async throws -> JSONValue {
        let reply = try await http("POST", "/v1/wait", ["ids": [.int(id)], "timeout": 50])
        guard let task = try reply.json["done"]?.arrayValue?.first else { throw TestFailure("not done: \(reply.text)") }
        return task
    }

    /// Returns when the command `id` has printed a line: then there is a command, even should the daemon die.
    func firstLine(of id: Int64) async throws {
        let output = try await open("GET", "/v1/tasks/\(id)/output?follow=true")
        _ = try await output.line()
        output.hangUp()
    }

    /// Submits a job and answers its task once it is done.
    func run(_ job: JSONValue) async throws -> JSONValue {
        try await done(submit(job))
    }

    /// Returns when the log has an event of `type` for the task, after the event numbered `sequence`.
    @discardableResult
    func event(_ type: String, of id: Int64, after sequence: Int64 = 0) async throws -> Int64 {
        let stream = try await open("GET", "/v1/events?follow=true&task_id=\(id)&after=\(sequence)")
        var last = sequence
        while let line = try await stream.line() {
            if line.hasPrefix("id: ") { last = Int64(line.dropFirst(4)) ?? last }
            if line == "event: \(type)" { return last }
        }
        throw TestFailure("no event \(type) of task \(id)")
    }
}
