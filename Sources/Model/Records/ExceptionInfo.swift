/// Why a task failed or was cancelled: `{type, message, …}`.
package struct ExceptionInfo: Error, Sendable, Hashable {
    /// The kind of exception, such as `CommandFailed`; a job's `raises` may name any.
    package let type: String
    /// What went wrong, for a person.
    package let message: String
    /// Further facts, such as `exit_code`, that stand beside `type` and `message`.
    package let details: JSONObject

    /// An exception of `type`.
    package init(type: String, message: String, details: JSONObject = [:]) {
        self.type = type
        self.message = message
        self.details = details
    }

    /// The exception as it stands in a task.
    package var json: JSONValue {
        var object: JSONObject = ["type": .string(type), "message": .string(message)]
        for (key, value) in details where object[key] == nil { object[key] = value }
        return .object(object)
    }

    /// The exception that `json` describes, or `nil` when it has no type.
    package init?(json: JSONValue) {
        guard case .object(var object) = json,
            case .string(let type)? = object.removeValue(forKey: "type")
        else { return nil }
        let message = object.removeValue(forKey: "message")?.stringValue ?? ""
        self.init(type: type, message: message, details: object)
    }
}

extension ExceptionInfo {
    /// The task was cancelled, with the message of the first request.
    package static func cancelled(_ message: String?) -> ExceptionInfo {
        ExceptionInfo(type: "CancelledError", message: message ?? "")
    }

    /// The task did not end within its timeout.
    package static func timeout(after limit: Duration) -> ExceptionInfo {
        ExceptionInfo(type: "TimeoutError", message: "timed out after \(limit.secondsText)s")
    }

    /// The daemon stopped or died while the task ran.
    package static let interrupted = ExceptionInfo(
        type: "Interrupted", message: "the daemon stopped while the task ran")

    /// A task this one runs after did not succeed.
    package static func dependencyFailed(_ dependency: TaskID, state: TaskState) -> ExceptionInfo {
        ExceptionInfo(
            type: "DependencyFailed", message: "task \(dependency) \(state == .cancelled ? "was cancelled" : "failed")",
            details: ["task_id": dependency.json])
    }

    /// Members of a group failed; `exceptions` in the order they did, never empty.
    package static func group(_ exceptions: [ExceptionInfo]) -> ExceptionInfo {
        let noun = exceptions.count == 1 ? "sub-exception" : "sub-exceptions"
        return ExceptionInfo(
            type: "ExceptionGroup", message: "unhandled errors in a task group (\(exceptions.count) \(noun))",
            details: ["exceptions": .array(exceptions.map(\.json))])
    }

    /// A source that could not be counted; `code` says why and `retryable` whether asking again may help.
    package static func source(
        _ source: String, code: String, message: String, retryable: Bool = false, details: JSONObject = [:]
    ) -> ExceptionInfo {
        var all: JSONObject = ["source": .string(source), "code": .string(code), "retryable": .bool(retryable)]
        all.merge(details)
        return ExceptionInfo(type: "SourceError", message: message, details: all)
    }

    /// The daemon itself could not do its part; `message` says what.
    package static func internalError(_ message: String) -> ExceptionInfo {
        ExceptionInfo(type: "InternalError", message: message)
    }
}
