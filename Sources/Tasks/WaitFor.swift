/// Waits for a task for a limited time; when that has passed, cancels the task and waits until it has really ended.
///
/// ```swift
/// let page = try await waitFor(fetch, timeout: .seconds(5))   // page = await asyncio.wait_for(fetch, timeout=5)
/// ```
///
/// The wait can take longer than the timeout, as long as the task takes to clean up. A task that ends with a value or
/// another error in spite of the cancellation hands that on. Cancelling the caller cancels the task and waits for its
/// end.
///
/// - Parameters:
///   - task: What to wait for.
///   - timeout: The time it has; with zero or less a task that is not done is cancelled at once; more than 100 years
///     count as 100 years; `nil` sets no limit.
///   - clock: Measures the timeout.
/// - Returns: The task's value; a value that comes as the time runs out wins.
/// - Throws: ``TimedOut`` if the task ended cancelled because its time had passed, the task's own error,
///   ``TaskCancelled`` if it or the caller was cancelled, `CancellationError` in a scope that ends because the task has
///   failed, ``InvalidState`` if a task waits for itself. Source: test_waitfor.test_wait_for,
///   test_wait_for_waits_for_task_cancellation, test_wait_for_cancel_suppressed, test_cancel_wait_for.
public func waitFor<Success: Sendable>(
    _ task: TaskHandle<Success>, timeout: Duration?, clock: any Clock<Duration> = ContinuousClock()
) async throws -> Success {
    guard let timeout, !task.isDone else { return try await task.value }
    try task.checkAwaiter()
    let reason = TimedOut(after: timeout).description
    let hasExpired: Bool
    if timeout > .zero {
        let deadline = Deadline(after: timeout, clock: clock)
        hasExpired = try await end(of: task, isForcedBy: deadline, reason: reason)
    } else {
        hasExpired = task.cancel(reason: reason)
        _ = try await task.ending()
    }
    if hasExpired, task.isCancelled, !Task.isCancelled { throw TimedOut(after: timeout) }
    return try task.result()
}

/// Waits for the end, cancelling the task at the deadline; returns whether it came to that.
private func end<Success: Sendable>(
    of task: TaskHandle<Success>, isForcedBy deadline: Deadline, reason: String
) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask { await deadline.passes() && task.cancel(reason: reason) }
        _ = try await task.ending()
        group.cancelAll()
        return try await group.next() ?? false
    }
}

/// Runs `body` as a task for a limited time; when that has passed, cancels it and waits until it has really ended.
///
/// ```swift
/// // page = await asyncio.wait_for(load(), timeout=5)
/// let page = try await waitFor(timeout: .seconds(5)) { try await load() }
/// ```
///
/// With a timeout of zero or less the body never starts. Around ``TaskHandle/shieldedValue`` it limits the wait and
/// leaves the task alone, as `asyncio.wait_for(asyncio.shield(task), 5)`; around a scope it limits all of its members.
/// Cancelling the caller cancels the body and waits for its end.
///
/// - Parameters:
///   - timeout: The time it has; more than 100 years count as 100 years; `nil` sets no limit.
///   - clock: Measures the timeout.
///   - registry: Lists the task while it runs.
///   - body: What to run.
/// - Returns: What the body returned.
/// - Throws: As `waitFor` on a task. Source:
///   test_waitfor.test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started, test_shielded_timeout.
public func waitFor<Success: Sendable>(
    timeout: Duration?, clock: any Clock<Duration> = ContinuousClock(), registry: TaskRegistry = .shared,
    _ body: sending @escaping @isolated(any) () async throws -> Success
) async throws -> Success {
    if let timeout, timeout <= .zero {
        try Task.checkCancellation()
        throw TimedOut(after: timeout)
    }
    return try await waitFor(registry.spawn(body), timeout: timeout, clock: clock)
}
