internal import Synchronization

/// A group of tasks that end together: the first failure cancels the rest, and the scope is left when all have ended.
///
/// Made by ``withTaskScope(registry:_:)``. It may be handed to its members, which can spawn siblings; a member that is
/// done is dropped. Source: CPython `asyncio.TaskGroup`.
public final class TaskScope: Sendable {
    let registry: TaskRegistry
    private let state = Mutex(ScopeState())

    init(registry: TaskRegistry) {
        self.registry = registry
    }

    /// Creates a member and schedules its body.
    ///
    /// ```swift
    /// // books = tg.create_task(catalogue(), name="books")
    /// let books = try scope.spawn(name: "books") { try await catalogue() }
    /// ```
    ///
    /// - Parameters:
    ///   - name: Any name, not necessarily unique; `Task-N` by default.
    ///   - priority: The priority of the Swift task; the caller's by default.
    ///   - body: What the member does. If it fails, the scope ends. If it is cancelled alone, the scope goes on.
    /// - Returns: The handle, through which the member's result is read.
    /// - Throws: ``InvalidState`` if the scope is finished or shutting down; nothing starts then. The error of shutting
    ///   down, let out of a member or of the body of the same scope, is not counted as a failure of its own. Source:
    ///   test_taskgroup_finished, test_taskgroup_no_create_task_after_failure.
    @discardableResult
    public func spawn<Success: Sendable>(
        name: String? = nil, priority: TaskPriority? = nil,
        _ body: sending @escaping @isolated(any) () async throws -> Success
    ) throws -> TaskHandle<Success> {
        let handle = TaskHandle<Success>(name: name, registry: registry, scope: self)
        // The member is on the list before it starts: no gap in which the scope could be left, or aborted, without it.
        if let refusal = state.withLock({ $0.admit(handle) }) { throw InvalidState(refusal, by: self) }
        registry.start(handle, priority: priority, body: body)
        return handle
    }

    /// Ends the scope early: cancels its body and its unfinished members.
    ///
    /// By itself no error; calling it again changes nothing.
    ///
    /// The scope is left with the body's value if the body returns one, and throws `CancellationError` if the
    /// cancellation comes out of it. Source: CPython 3.15 `TaskGroup.cancel`.
    public func cancel() {
        cancel(reason: "the scope was cancelled")
    }

    /// How many members there have been, how many have ended, and how far they are on average.
    public var progress: GroupProgress {
        let (ended, fractions, listed) = state.withLock { ($0.endedCount, $0.endedFractions, Array($0.live.values)) }
        // A member ends a moment before it leaves the list.
        return GroupProgress(
            completed: ended + listed.count(where: \.isDone), total: ended + listed.count,
            fractions: listed.reduce(fractions) { $0 + $1.progress.fraction })
    }

    var memberCount: Int { state.withLock { $0.live.count } }

    func cancel(reason: String) {
        state.withLock { $0.abort() }?.carryOut(reason: reason)
    }

    func memberEnded(_ member: any WaitableTask, failure: (any Error)?) {
        let fraction = member.progress.fraction
        let ownFailure = failure.flatMap { isRefusal($0) ? nil : $0 }
        let next = state.withLock { $0.memberEnded(member.id, fraction: fraction, failure: ownFailure) }
        if failure != nil { member.markRead() }
        next.carryOut(reason: "a sibling failed")
    }

    /// Whether `error` only says that this scope starts nothing more because it is ending: that has another cause,
    /// which is reported.
    func isRefusal(_ error: any Error) -> Bool {
        if let group = error as? TaskGroupError { return group.errors.allSatisfy(isRefusal) }
        guard let refusal = error as? InvalidState else { return false }
        return refusal.kind == .groupShuttingDown && refusal.refuser === self
    }

    // MARK: - The body, as withTaskScope runs it

    func bodyStarted(interrupt: @escaping @Sendable () -> Void) {
        if state.withLock({ $0.bodyStarted(interrupt: interrupt) }) { interrupt() }
    }

    func bodyEnded(threw: Bool) {
        state.withLock { $0.bodyEnded(threw: threw) }.carryOut(reason: "the scope's body failed")
    }

    /// Waits until the body and every member have ended; returns the members' failures in the order they came.
    func leave() async -> [any Error] {
        let wake = Wake()
        if !state.withLock({ $0.leave(wake) }) { _ = await wake.park() }
        return state.withLock { $0.takeErrors() }
    }
}
