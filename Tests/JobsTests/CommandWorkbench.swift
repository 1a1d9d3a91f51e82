import Foundation
import Glibc
import Jobs
import Model
import Testing

/// A state directory of its own, the shim that was built, and a mark by which every process of a test can be found.
struct CommandWorkbench: Sendable {
    let directory: String
    let executor: Executor
    let mark: String

    init(
        cgroup: String? = nil, outputLimit: Int64 = 64 << 20, isOfSameBoot: Bool = false, shim: String = Self.shim,
        socket: String? = nil
    ) throws {
        directory = try Self.makeDirectory()
        mark = "taskd-test-\(UUID().uuidString)"
        executor = try Executor(
            shim: shim, state: directory, socket: socket ?? directory + "/taskd.sock", isOfSameBoot: isOfSameBoot,
            cgroup: cgroup, outputLimit: outputLimit, mask: 0o027)
    }

    /// A bench around an existing state directory, as a daemon that was started anew has it.
    init(adopting directory: String, mark: String, isOfSameBoot: Bool = false, socket: String? = nil) throws {
        self.directory = directory
        self.mark = mark
        executor = try Executor(
            shim: Self.shim, state: directory, socket: socket ?? directory + "/taskd.sock", isOfSameBoot: isOfSameBoot)
    }

    /// Products stand beside the test runner.
    static let shim = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("taskd-shim").path

    private static func makeDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/taskd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return path
    }

    func attempt(_ task: Int64 = 1) -> AttemptDirectory {
        AttemptDirectory(state: executor.state, task: TaskID(task), attempt: 1)
    }

    /// The text of a file in the bench's directory or at an absolute path.
    func text(_ path: String) -> String {
        let path = path.hasPrefix("/") ? path : directory + "/" + path
        return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// Processes that carry the mark in their variables or arguments.
    func survivors() -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.filter { $0.allSatisfy(\.isNumber) }.compactMap { pid in
            let holder = text("/proc/\(pid)/environ") + text("/proc/\(pid)/cmdline")
            return holder.contains(mark) ? "\(pid): \(text("/proc/\(pid)/cmdline"))" : nil
        }
    }
}

extension CommandWorkbench {
    /// The handler of the command job written in `json`, which finds the mark in its variables.
    func handler(_ json: String) throws -> CommandHandler {
        guard case .object(var object) = try JSONParser.parse(json) else { throw CancellationError() }
        var variables = object["env"]?.objectValue ?? [:]
        variables["MARK"] = .string(mark)
        object["env"] = .object(variables)
        switch try Job(json: .object(object)).action {
        case .command(let job), .shell(let job): return CommandHandler(job, executor: executor)
        default: throw CancellationError()
        }
    }

    /// The handler of a shell job.
    func shell(_ script: String) throws -> CommandHandler {
        try handler(JSONValue.object(["shell": .string(script)]).text())
    }

    func context(
        task: Int64 = 1, startedAt: Int64 = 0, grace: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock(),
        requests: AsyncStream<Void> = AsyncStream { $0.finish() },
        report: @escaping @Sendable (Model.Progress) -> Void = { _ in },
        goesOn: @escaping @Sendable () -> Void = {}
    ) -> JobContext {
        JobContext(
            taskID: TaskID(task), name: "a task", attempt: 1, startedAt: Timestamp(milliseconds: startedAt),
            directory: directory, history: "", grace: grace, clock: clock, cancelRequests: requests, goesOn: goesOn,
            report: report)
    }

    func run(_ json: String) async throws -> RunReport {
        try await handler(json).run(context())
    }

    /// Takes over what a daemon before this one left.
    func resume(
        _ json: String = #"{"command": ["adopted"]}"#, task: Int64 = 1, startedAt: Int64 = 0
    ) async throws -> RunReport? {
        try await handler(json).resume(context(task: task, startedAt: startedAt))
    }

    /// Runs `handler` and answers its report with every progress it reported.
    func runTold(_ handler: CommandHandler) async -> (report: RunReport, progress: [Model.Progress]) {
        let (reports, told) = AsyncStream<Model.Progress>.makeStream()
        let report = await handler.run(context { told.yield($0) })
        told.finish()
        return (report, await reports.reduce(into: []) { $0.append($1) })
    }

    /// Runs `handler` and sends a cancel request each time the command reports progress with the message `cancel`.
    func runCancelled(_ handler: CommandHandler, grace: Duration = .seconds(10)) async -> RunReport {
        let (reports, told) = AsyncStream<Model.Progress>.makeStream()
        let (requests, request) = AsyncStream<Void>.makeStream()
        let context = context(grace: grace, requests: requests) { told.yield($0) }
        let running = Task {
            defer { told.finish() }
            return await handler.run(context)
        }
        for await report in reports where report.message == "cancel" {
            request.yield()
            running.cancel()
        }
        return await running.value
    }
}

/// Runs `body` with a bench that is gone afterwards, and with it whatever still carries its mark.
func withCommandBench(
    cgroup: String? = nil, outputLimit: Int64 = 64 << 20, isOfSameBoot: Bool = false,
    shim: String = CommandWorkbench.shim, socket: String? = nil,
    _ body: (CommandWorkbench) async throws -> Void
) async throws {
    let bench = try CommandWorkbench(
        cgroup: cgroup, outputLimit: outputLimit, isOfSameBoot: isOfSameBoot, shim: shim, socket: socket)
    defer {
        for case let pid? in bench.survivors().map({ Int32($0.prefix { $0 != ":" }) }) where pid > 1 {
            kill(pid, SIGKILL)
        }
        try? FileManager.default.removeItem(atPath: bench.directory)
    }
    try await body(bench)
    #expect(bench.survivors() == [])
}

extension Outcome {
    /// The standard output shown in the result.
    var stdout: String? { result?["stdout"]?.stringValue }
    /// The type of the exception.
    var exceptionType: String? { exception?.type }
}
