internal import Engine
internal import Jobs
internal import Logging
internal import Model

/// Runs the `on_done` commands of tasks.
struct HookRunner: Sendable {
    let executor: Executor
    /// Where the command of a task runs that has no directory.
    let directory: String
    let logger: Logger

    /// Runs `arguments` for `task`, which is done, and returns what came of it.
    func run(_ arguments: [String], for task: TaskRecord) async -> HookReport {
        let hook = Hook(
            arguments: arguments, task: task.id, name: task.name, state: task.state,
            finishedAt: task.finishedAt, result: task.result ?? task.exception?.json ?? .null)
        let outcome = await hook.run(in: task.directory ?? directory, by: executor)
        log(outcome, of: task.id)
        switch outcome {
        case .exited(let code): return HookReport(["exit_code": .int(Int64(code)), "error": nil])
        case .failed(let message): return HookReport(["exit_code": nil, "error": .string(message)])
        case .notBegun(let message):
            return HookReport(["exit_code": nil, "error": .string(message)], hasBegun: false)
        }
    }

    private func log(_ outcome: Hook.End, of task: TaskID) {
        guard outcome != .exited(0) else { return }
        // What could not be started now is tried again, often.
        let level: Logger.Level = if case .notBegun = outcome { .debug } else { .warning }
        logger.log(
            level: level, "on_done failed",
            metadata: ["task_id": "\(task)", "outcome": "\(outcome)"])
    }
}
