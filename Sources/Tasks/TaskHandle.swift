internal import Synchronization

/// One task: its name, its state, its outcome, and the way to cancel it.
///
/// Made by ``TaskRegistry`` and ``TaskScope``.
///
/// ```swift
/// // fetch = asyncio.create_task(load(), name="fetch")
/// // page = await fetch
/// let fetch = registry.spawn(name: "fetch") { try await load() }
/// let page = try await fetch.value
/// ```
///
/// A handle may be awaited any number of times, by many tasks at once; all get the same value or the same error.
/// Dropping it does not stop the task. Two handles are equal if they are the same object. Source: CPython
/// `asyncio.Task`.
public final class TaskHandle<Success: Sendable>: AnyTask {
    /// The identity, which never changes.
    public let id: TaskID

    let lifecycle: Mutex<TaskLifecycle<Success>>
    let registry: TaskRegistry
    let scope: TaskScope?

    init(name: String?, registry: TaskRegistry, scope: TaskScope? = nil) {
        id = .next()
        lifecycle = Mutex(TaskLifecycle(name: name))
        self.registry = registry
        self.scope = scope
    }

    deinit {
        guard let events = registry.events else { return }
        let unread: (String?, any Error)? = lifecycle.withLock { state in
            guard !state.isRead, let error = state.outcome?.failure else { return nil }
            return (state.name, error)
        }
        guard let (name, error) = unread else { return }
        events.send(.failureNeverRead(id, name: name ?? id.description, error))
    }

    /// The name, `Task-N` unless set.
    ///
    /// It need not be unique, and may be set at any time, also after the end.
    ///
    /// Source: test_tasks.test_bare_create_named_task, test_task_set_name_pylong.
    public var name: String {
        get { lifecycle.withLock(\.name) ?? id.description }
        set { lifecycle.withLock { $0.name = newValue } }
    }

    /// Where the task is in its life.
    public var state: RunState { lifecycle.withLock(\.state) }

    /// How the task ended; `nil` until then.
    ///
    /// Never waits. Reading it counts as having seen the error.
    public var outcome: TaskOutcome<Success>? {
        lifecycle.withLock { state in
            guard let outcome = state.outcome else { return nil }
            state.isRead = true
            return outcome
        }
    }

    /// The value of a successful task; repeatable, never waits.
    ///
    /// - Throws: ``InvalidState`` while the task is not done, ``TaskCancelled`` if it was cancelled, else the task's
    ///   own error. Source: test_futures.test_result.
    public func result() throws -> Success {
        guard let outcome else { throw InvalidState(.notDone) }
        return try outcome.get()
    }

    /// The error of a failed task, `nil` of a successful one; repeatable, never waits.
    ///
    /// - Throws: ``InvalidState`` while the task is not done, ``TaskCancelled`` if it was cancelled. Source:
    ///   test_futures.test_exception.
    public func error() throws -> (any Error)? {
        switch outcome {
        case nil: throw InvalidState(.notDone)
        case .cancelled(let reason): throw TaskCancelled(reason: reason)
        case .success: return nil
        case .failure(let error): return error
        }
    }
}

extension TaskHandle: Hashable {
    /// Whether both are the same task.
    public static func == (left: TaskHandle, right: TaskHandle) -> Bool {
        left === right
    }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}

extension TaskHandle: CustomStringConvertible {
    /// The name and the state.
    public var description: String { "\(name) (\(state.rawValue))" }
}
