internal import Dispatch
internal import FoundationEssentials
package import Model

/// What tasks have left below the state directory: each has one directory for all its attempts and its hook.
package struct TaskDirectories: Sendable {
    private let state: String
    /// One after the other: two that remove the same would trip over each other.
    private let removal = DispatchQueue(label: "remove output")

    /// The directories below the state directory `state`.
    package init(state: String) {
        self.state = state
    }

    /// Where the latest attempt at a task is kept, and where its command can be reached.
    package func attempt(of task: TaskRecord) -> AttemptDirectory {
        AttemptDirectory(state: state, task: task.id, attempt: task.attempt)
    }

    /// Where the `on_done` command of a task is kept, and where it can be reached.
    package func hook(of task: TaskID) -> AttemptDirectory {
        .hook(state: state, task: task)
    }

    /// The tasks that have one, in no order.
    ///
    /// - Throws: an exception when they cannot be listed.
    package func tasks() async throws(ExceptionInfo) -> [TaskID] {
        try await runBlocking { _ throws(ExceptionInfo) in try list() }
    }

    private func list() throws(ExceptionInfo) -> [TaskID] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: state + "/tasks")
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return []
        } catch {
            throw .internalError("cannot list \(state)/tasks: \(error)")
        }
        return names.compactMap { name in
            Int64(name).map(TaskID.init).flatMap { $0.description == name ? $0 : nil }
        }
    }

    /// Removes what `tasks` left; nothing where there is nothing.
    ///
    /// - Throws: an exception naming the first path that cannot be removed; the others are tried all the same.
    package func remove(_ tasks: [TaskID]) async throws(ExceptionInfo) {
        try await runBlocking(on: removal) { _ throws(ExceptionInfo) in
            var failure: ExceptionInfo?
            for task in tasks {
                do throws(ExceptionInfo) { try first(of: task).remove() } catch { failure = failure ?? error }
            }
            if let failure { throw failure }
        }
    }

    /// Moves what `tasks` left to where nobody looks for it, below `<state>/tasks.old`.
    ///
    /// - Throws: an exception when some of it cannot be moved.
    package func setAside(_ tasks: [TaskID]) async throws(ExceptionInfo) {
        try await runBlocking { _ throws(ExceptionInfo) in for task in tasks { try first(of: task).setAside() } }
    }

    /// All that a task has is in the directory of its first attempt.
    private func first(of task: TaskID) -> AttemptDirectory {
        AttemptDirectory(state: state, task: task, attempt: 1)
    }
}
