/// How a run of a task ended.
package enum Outcome: Sendable, Hashable {
    /// It ended well, with a result.
    case succeeded(JSONValue)
    /// It ended with an exception.
    case failed(ExceptionInfo)
    /// It was cancelled; the exception holds the message.
    case cancelled(ExceptionInfo)

    /// What the row of a task in `state` says; `nil` when it is not done.
    package init?(state: TaskState, result: JSONValue?, exception: ExceptionInfo?) {
        switch state {
        case .held, .queued, .running: return nil
        case .succeeded: self = .succeeded(result ?? .null)
        case .failed: self = .failed(exception ?? .internalError("the exception is missing"))
        case .cancelled: self = .cancelled(exception ?? .cancelled(nil))
        }
    }

    /// The state a task with this outcome is in.
    package var state: TaskState {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }

    /// The result, or `nil` when there is none.
    package var result: JSONValue? {
        guard case .succeeded(let value) = self else { return nil }
        return value
    }

    /// The exception, or `nil` when it ended well.
    package var exception: ExceptionInfo? {
        switch self {
        case .succeeded: nil
        case .failed(let exception), .cancelled(let exception): exception
        }
    }
}

/// How a run ended, with the facts of the run that are not its result.
package struct RunReport: Sendable, Hashable {
    /// How it ended.
    package let outcome: Outcome
    /// Facts such as a command's `pid` and `exit_code` or a check's `took_ms`; `nil` when there are none.
    package let detail: JSONObject?
    /// When it ended, if that was before somebody could report it; `nil` for just now.
    package var endedAt: Timestamp?
    /// Whether it was asked to end before it did.
    package var wasAskedToEnd = false

    /// A report of `outcome`.
    package init(_ outcome: Outcome, detail: JSONObject? = nil) {
        self.outcome = outcome
        self.detail = detail
    }

    /// The same run, which is to have ended with `outcome`.
    package func with(_ outcome: Outcome) -> RunReport {
        var report = RunReport(outcome, detail: detail)
        report.endedAt = endedAt
        report.wasAskedToEnd = wasAskedToEnd
        return report
    }
}
