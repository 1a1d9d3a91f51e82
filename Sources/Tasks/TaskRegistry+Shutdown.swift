internal import Synchronization

extension TaskRegistry {
    static let shutdownReason = "shutdown"

    /// Waits until every task has ended and its callbacks have run.
    ///
    /// With `cancelling`, all tasks are cancelled first and given `grace` to end. Without, they are given `grace` to
    /// end by themselves; those left are then cancelled and given `grace` once more to clean up. From the cancellation
    /// on, a task spawned meanwhile is cancelled before it starts. Afterwards the registry can be used again.
    ///
    /// - Parameters:
    ///   - cancelling: Whether to cancel at once rather than let the tasks finish.
    ///   - grace: The longest wait of each stage; `nil` waits without end.
    ///   - clock: Measures `grace`.
    /// - Throws: ``TimedOut`` if a cancelled task has not ended in time, `CancellationError` if the caller is cancelled
    ///   (the tasks are left as they are), ``InvalidState`` if the caller is one of the tasks. Source: CPython
    ///   `asyncio.run`, which cancels what is left.
    public func shutdown(
        cancelling: Bool = true, grace: Duration? = nil, clock: any Clock<Duration> = ContinuousClock()
    ) async throws {
        for task in state.withLock({ Array($0.unfinished.values) }) { try task.checkAwaiter() }
        if !cancelling, try await becomesIdle(within: grace, clock: clock) { return }
        let unfinished = state.withLock { state in
            state.closing += 1
            return Array(state.unfinished.values)
        }
        defer { state.withLock { $0.closing -= 1 } }
        for task in unfinished.sorted(by: { $0.id < $1.id }) { task.cancel(reason: Self.shutdownReason) }
        guard try await becomesIdle(within: grace, clock: clock) else { throw TimedOut(after: grace ?? .zero) }
    }

    /// Waits until there is no task left; returns whether that came in time.
    private func becomesIdle(within grace: Duration?, clock: any Clock<Duration>) async throws -> Bool {
        let wake = Wake()
        let isIdle = state.withLock { state in
            guard !state.unfinished.isEmpty else { return true }
            state.idleWaiters.append(wake)
            return false
        }
        if isIdle { return true }
        defer { state.withLock { $0.idleWaiters.removeAll { $0 === wake } } }
        switch await wake.wait(until: grace.map { Deadline(after: $0, clock: clock) }) {
        case .signalled: return true
        case .timedOut: return state.withLock { $0.unfinished.isEmpty }
        case .cancelled: throw CancellationError()
        }
    }
}
