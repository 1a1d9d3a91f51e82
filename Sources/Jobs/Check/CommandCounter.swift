internal import Glibc
internal import Model
internal import Subprocess
internal import SystemPackage

/// Runs a program, without a shell, whose output holds the number.
///
/// The program is started by the shim, which ends it should the daemon die: the daemon's next run asks anew. The state
/// directory is hidden from it as it is from commands.
struct CommandCounter: SourceCounter {
    /// The most a program may write: 1 MiB.
    private static let maximumOutput = 1 << 20
    /// How much of its standard error is kept.
    private static let errorExcerptLength = 4096

    private let arguments: [String]
    private let parse: Source.Parse
    private let leash: Leash

    /// The counter that runs `arguments` on `leash` and finds the number with `parse`.
    init(arguments: [String], parse: Source.Parse, leash: Leash) {
        self.arguments = arguments
        self.parse = parse
        self.leash = leash
    }

    var method: String { "command" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        guard let program = arguments.first else { throw SourceError(.config, "argv: names no program") }
        do throws(SourceError) {
            let pointer = try pointer()
            let run = try await run(program, context)
            guard !Task.isCancelled else { throw .cancelled }
            guard run.status.isSuccess else { throw run.failure }
            return try SourceCount(NumberAnswer.number(in: run.output, at: pointer))
        } catch {
            throw error.at(program)
        }
    }

    private func pointer() throws(SourceError) -> JSONPointer? {
        guard case .pointer(let text) = parse else { return nil }
        guard let pointer = JSONPointer(text) else {
            throw SourceError(.config, "parse: \(text) is not a JSON pointer; write one such as /total")
        }
        return pointer
    }

    /// Runs the program on the leash of the shim. Cancelling, or too much output, asks all of it to end and kills it after
    /// the grace; when this returns, none of it is left that could be killed.
    private func run(_ program: String, _ context: JobContext) async throws(SourceError) -> CommandRun {
        // The leash keeps the grace itself; one that is longer at it has to do with what nobody can kill.
        let ending = [TeardownStep.gracefulShutDown(allowedDurationToNextStep: context.grace + .seconds(10))]
        var options = PlatformOptions()
        options.teardownSequence = ending
        let path = program.utf8.contains(UInt8(ascii: "/")) ? context.absolutePath(program) : program
        let words = ["leash", String(getpid()), String(context.grace.milliseconds), leash.hidden, path]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(leash.shim)),
                arguments: Arguments(words + arguments.dropFirst()),
                environment: .custom(Self.environment),
                workingDirectory: FilePath(context.directory),
                platformOptions: options,
                input: .none,
                output: .sequence,
                error: .sequence
            ) { execution in
                async let errorText = Self.lastBytes(of: execution.standardError)
                let output = try await Self.bytes(of: execution.standardOutput)
                if output == nil { await execution.teardown(using: ending) }
                return (output: output, errorText: try await errorText)
            }
            guard let output = result.closureResult.output else {
                throw SourceError(.tooLarge, "wrote more than \(Self.maximumOutput) bytes; one number is expected")
            }
            return CommandRun(
                status: result.terminationStatus, output: output, errorText: result.closureResult.errorText)
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
            guard let key = Environment.Key(rawValue: name.text) else { continue }
            environment[key] = value
        }
        return environment
    }

    /// All that a stream holds, or `nil` when that is more than a program may write.
    private static func bytes(of stream: SubprocessOutputSequence) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await chunk in stream {
            chunk.withUnsafeBytes { bytes.append(contentsOf: $0) }
            guard bytes.count <= maximumOutput else { return nil }
        }
        return bytes
    }

    /// The end of what a stream holds, as text.
    private static func lastBytes(of stream: SubprocessOutputSequence) async throws -> String {
        var bytes: [UInt8] = []
        for try await chunk in stream {
            chunk.withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes.removeFirst(max(0, bytes.count - errorExcerptLength))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// How a program ended and what it wrote.
private struct CommandRun {
    let status: TerminationStatus
    let output: [UInt8]
    let errorText: String

    /// Why the program's answer does not count.
    var failure: SourceError {
        if let reason = leashFailure { return reason }
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
        let reason = errorText.split(whereSeparator: \.isNewline).last.map { ": \(String($0).excerpt)" } ?? ""
        return SourceError(.noCount, "the program \(ending)\(reason)", details: details)
    }
}

extension CommandRun {
    /// Why there was no run, as the leash says: behind a zero byte the step that failed, and errno.
    private var leashFailure: SourceError? {
        let words = errorText.split(separator: " ")
        guard errorText.first == "\0", words.count == 2, let error = Int32(words[1].dropLast()) else { return nil }
        if words[0] == "\0exec" && Self.programErrors.contains(error) {
            return SourceError(.config, "argv: there is no such program, or it may not be run")
        }
        return SourceError(.connect, "cannot be run: \(SystemError(error))", isRetryable: true)
    }

    /// What execve(2) says of a program that will not do another time either.
    private static let programErrors = [ENOENT, ENOTDIR, EACCES, ENOEXEC, EISDIR, ELOOP, ENAMETOOLONG, E2BIG]
}

extension SourceError {
    /// What running a program threw.
    fileprivate init(running error: any Error) {
        if let error = error as? SourceError {
            self = error
            return
        }
        switch (error as? SubprocessError)?.code {
        case .executableNotFound?:
            self.init(.connect, "cannot be run: the daemon's program taskd-shim is gone", isRetryable: true)
        case .failedToChangeWorkingDirectory?:
            self.init(.config, "cannot be run: the job's directory is gone")
        default:
            self.init(.connect, "cannot be run: \(error)", isRetryable: true)
        }
    }
}
