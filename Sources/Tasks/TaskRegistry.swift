internal import Synchronization

/// Starts tasks and holds them, strongly, until they are done.
///
/// ```swift
/// let registry = TaskRegistry { event in log(event) }
/// // count = asyncio.create_task(count_main(), name="count main")
/// let count = registry.spawn(name: "count main") { try await countMain() }
/// count.onDone { task in print(task.name, task.state) }
/// ```
///
/// A task that nobody refers to still runs to its end; a task that is done is dropped, so memory follows what runs.
/// Source: CPython `asyncio.all_tasks`, which holds its tasks weakly and so can lose them; this registry cannot.
public final class TaskRegistry: Sendable {
    /// The default registry, which has no hook.
    public static let shared = TaskRegistry()

    struct State {
        var unfinished: [TaskID: any WaitableTask] = [:]
        /// While a shutdown is ending the tasks, a new one is cancelled before it starts.
        var closing: Int = 0
        var idleWaiters: [Wake] = []
    }

    let events: EventQueue?
    let state = Mutex(State())

    /// - Parameter onEvent: Hears about the tasks, one event at a time and in order, away from where it happened. `nil`
    ///   costs nothing.
    public init(onEvent: (@Sendable (Event) -> Void)? = nil) {
        events = onEvent.map(EventQueue.init(hook:))
    }

    /// The task whose body is running the calling code, also in Swift tasks started from it; `nil` outside of any.
    ///
    /// Source: CPython `asyncio.current_task`.
    public static var current: (any AnyTask)? { CurrentTask.handle }

    /// Creates a task and schedules its body, which never runs inside this call.
    ///
    /// Cancelling the caller does not cancel the task; it ends with its body or by ``TaskHandle/cancel(reason:)``.
    ///
    /// - Parameters:
    ///   - name: Any name, not necessarily unique; `Task-N` by default.
    ///   - priority: The priority of the Swift task; the caller's by default.
    ///   - body: What the task does. A cancellation it throws ends the task cancelled, any other error failed.
    /// - Returns: The handle, which may be dropped. Source: test_tasks.test_task_basics.
    @discardableResult
    public func spawn<Success: Sendable>(
        name: String? = nil, priority: TaskPriority? = nil,
        _ body: sending @escaping @isolated(any) () async throws -> Success
    ) -> TaskHandle<Success> {
        let handle = TaskHandle<Success>(name: name, registry: self)
        start(handle, priority: priority, body: body)
        return handle
    }

    /// The tasks that are not done, in the order of their creation.
    ///
    /// Source: test_tasks.test__register_task_1.
    public var all: [any AnyTask] {
        let tasks = state.withLock { Array($0.unfinished.values) }
        return tasks.filter { !$0.isDone }.sorted { $0.id < $1.id }
    }

    /// The task with this identity, unless it is done or of another registry.
    public subscript(id: TaskID) -> (any AnyTask)? {
        guard let task = state.withLock({ $0.unfinished[id] }), !task.isDone else { return nil }
        return task
    }

    func start<Success: Sendable>(
        _ handle: TaskHandle<Success>, priority: TaskPriority?,
        body: sending @escaping @isolated(any) () async throws -> Success
    ) {
        events?.send(.spawned(handle.id, name: handle.name))
        let isClosing = state.withLock { state in
            state.unfinished[handle.id] = handle
            return state.closing > 0
        }
        if isClosing { handle.cancel(reason: Self.shutdownReason) }
        handle.start(priority: priority, body: body)
    }

    /// Lets go of a task that is done.
    func retire(_ id: TaskID) {
        // The removed reference leaves the lock before it dies, since its deinit may run anyone's code.
        let (_, waiters) = state.withLock { state in
            let removed = state.unfinished.removeValue(forKey: id)
            guard state.unfinished.isEmpty else { return (removed, [Wake]()) }
            defer { state.idleWaiters = [] }
            return (removed, state.idleWaiters)
        }
        for waiter in waiters { waiter.wake(.signalled) }
    }
}
