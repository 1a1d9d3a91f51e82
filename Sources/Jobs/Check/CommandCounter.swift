internal import Model
internal import Subprocess
internal import SystemPackage

/// Runs a program, without a shell, whose output holds the number.
struct CommandCounter: SourceCounter {
    /// The most a program may write: 1 MiB.
    static let maximumOutput = 1 << 20

    private let arguments: [String]
    private let parse: Source.Parse

    /// The counter that runs `arguments` and finds the number with `parse`.
    init(arguments: [String], parse: Source.Parse) {
        self.arguments = arguments
        self.parse = parse
    }

    var method: String { "command" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        guard let program = arguments.first else { throw SourceError(.config, "argv: names no program") }
        do throws(SourceError) {
            let answer = CommandAnswer(try pointer())
            let run = try await run(program, context)
            guard !Task.isCancelled else { throw .cancelled }
            guard run.status.isSuccess else { throw run.failure }
            return try SourceCount(answer.number(in: run.output))
        } catch {
            throw error.at(program)
        }
    }

    private func pointer() throws(SourceError) -> JSONPointer? {
        guard case .pointer(let text) = parse else { return nil }
        guard let pointer = JSONPointer(text) else {
            throw SourceError(.config, "parse: \(text) is no JSON pointer; write one such as /total")
        }
        return pointer
    }

    /// Runs the program in a process group of its own; cancelling ends the whole group, and this returns when the
    /// program has ended.
    private func run(_ program: String, _ context: JobContext) async throws(SourceError) -> CommandRun {
        let ending = [TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: context.grace)]
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = ending
        do {
            let result = try await Subprocess.run(
                program.utf8.contains(UInt8(ascii: "/"))
                    ? .path(FilePath(context.absolutePath(program))) : .name(program),
                arguments: Arguments(Array(arguments.dropFirst())),
                environment: .custom(Self.environment),
                workingDirectory: FilePath(context.directory),
                platformOptions: options,
                input: .none,
                output: .bytes(limit: Self.maximumOutput),
                error: .sequence
            ) { execution in
                var excerpt = ErrorExcerpt()
                for try await chunk in execution.standardError { chunk.withUnsafeBytes { excerpt.append($0) } }
                if Task.isCancelled { await Self.endGroup(of: execution, after: context.grace) }
                return excerpt
            }
            return CommandRun(
                status: result.terminationStatus, output: result.standardOutput,
                errorText: result.closureResult.text)
        } catch {
            throw SourceError(running: error)
        }
    }
}

extension CommandCounter {
    /// What every command inherits of the daemon's variables.
    private static var environment: [Environment.Key: String] {
        var environment: [Environment.Key: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        for (name, value) in Executor.inheritedEnvironment() {
            guard let key = Environment.Key(rawValue: name) else { continue }
            environment[key] = value
        }
        return environment
    }

    /// Waits until a cancelled program has ended, at the latest after `grace`, and then kills what it left in its group.
    ///
    /// The run itself asks the group to end; signal 0 asks for nothing. The program is not reaped before this returns,
    /// so its number, which is the group's, cannot have become another's.
    private static func endGroup<Input, Output, Error>(
        of execution: Execution<Input, Output, Error>, after grace: Duration
    ) async {
        let wait = TeardownStep.send(
            signal: Signal(rawValue: 0), toProcessGroup: true, allowedDurationToNextStep: grace)
        await execution.teardown(using: [wait])
        // That nobody is left to be killed is the usual case.
        try? execution.send(signal: .kill, toProcessGroup: true)
    }
}

/// How a program ended and what it wrote.
private struct CommandRun {
    let status: TerminationStatus
    let output: [UInt8]
    let errorText: String

    /// Why the program's answer does not count.
    var failure: SourceError {
        var details: JSONObject = ["stderr": .string(errorText)]
        let ending: String
        switch status {
        case .exited(let code):
            details["exit_code"] = .int(Int64(code))
            ending = "exited with \(code)"
        case .signaled(let signal):
            details["signal"] = .int(Int64(signal))
            ending = "was ended by signal \(signal)"
        }
        let reason = errorText.split(whereSeparator: \.isNewline).last.map { ": \(String($0).shown)" } ?? ""
        return SourceError(.noCount, "the program \(ending)\(reason)", details: details)
    }
}

/// The last bytes of a program's standard error.
private struct ErrorExcerpt {
    private static let limit = 4096

    private var bytes: [UInt8] = []

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
        bytes.removeFirst(max(0, bytes.count - Self.limit))
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension SourceError {
    /// What running a program threw.
    fileprivate init(running error: any Error) {
        guard let error = error as? SubprocessError else {
            self.init(.connect, "cannot be run: \(error)", isRetryable: true)
            return
        }
        switch error.code {
        case .executableNotFound:
            self.init(.config, "argv: there is no such program, or it may not be run")
        case .failedToChangeWorkingDirectory:
            self.init(.config, "cannot be run: the job's directory is gone")
        case .outputLimitExceeded:
            self.init(.tooLarge, "wrote more than \(CommandCounter.maximumOutput) bytes where one number is expected")
        default:
            self.init(.connect, "cannot be run: \(error.description)", isRetryable: true)
        }
    }
}
