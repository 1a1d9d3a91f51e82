internal import Model

/// What a command that has ended means for its task (docs/contract.md, "A task").
struct CommandEnding {
    let job: CommandJob
    let record: ExitRecord
    let attempt: AttemptDirectory
    let context: JobContext

    /// How much of each output stream a result shows.
    static let shownOutput = 65_536
    /// How much of the standard error an exception shows.
    static let shownErrors = 16_384
    /// The longest output that is read as JSON.
    static let maximumJSON = 8 << 20

    /// The report of the run.
    var report: RunReport {
        var report = RunReport(outcome, detail: detail)
        report.wasAskedToEnd = wasCancelled
        return report
    }

    private var outcome: Outcome {
        switch record.status {
        case .exited(0): result
        case .exited(let code) where wasCancelled && 129...192 ~= code: .cancelled(.cancelled(nil))
        case .killed where wasCancelled: .cancelled(.cancelled(nil))
        case let ending:
            .failed(failure(ending.words(program: job.arguments[0], directory: job.directory(context))))
        }
    }

    /// Whether its shim was asked to end it. One that could only be sent a signal does not know who did.
    private var wasCancelled: Bool { record.wasCancelled || (Task.isCancelled && !attempt.hasControl) }

    private var result: Outcome {
        let stdout = OutputFile(path: attempt.stdout)
        guard job.output == .json else {
            return .succeeded([
                "exit_code": 0, "stdout": .string(stdout.tail(limit: Self.shownOutput)),
                "stderr": .string(OutputFile(path: attempt.stderr).tail(limit: Self.shownOutput)),
            ])
        }
        guard let bytes = stdout.contents(limit: Self.maximumJSON) else {
            return .failed(failure("its output is longer than the \(Self.maximumJSON) bytes read as JSON"))
        }
        do throws(InvalidInput) {
            return .succeeded(try JSONParser.parse(bytes, allowsByteOrderMark: true))
        } catch {
            return .failed(failure("its output is \(error.message)"))
        }
    }

    private func failure(_ message: String) -> ExceptionInfo {
        let stderr = OutputFile(path: attempt.stderr).tail(limit: Self.shownErrors)
        return ExceptionInfo(
            type: "CommandFailed", message: message,
            details: [
                "exit_code": JSONValue(record.status.exitCode), "signal": JSONValue(record.status.signal),
                "stderr": .string(stderr),
            ])
    }

    private var detail: JSONObject {
        [
            "pid": .int(record.pid), "exit_code": JSONValue(record.status.exitCode),
            "signal": JSONValue(record.status.signal),
            "user_s": .number(Double(record.userTime) / 1e6), "system_s": .number(Double(record.systemTime) / 1e6),
            "max_rss_kib": .int(record.maximumResident), "stdout_bytes": .int(OutputFile(path: attempt.stdout).size),
            "stderr_bytes": .int(OutputFile(path: attempt.stderr).size),
        ]
    }
}
