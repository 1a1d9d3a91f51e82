/// Waits until some or all tasks have ended, or the timeout has passed, and tells which have.
///
/// ```swift
/// let (done, pending) = try await wait(tasks, until: .firstCompleted, timeout: .seconds(1))
/// // done, pending = await asyncio.wait(tasks, return_when=FIRST_COMPLETED, timeout=1)
/// ```
///
/// Never cancels a task and never throws a task's error. What is done is looked at when the caller resumes: more than
/// one task may be done after `.firstCompleted`, and none pending after a timeout. Cancelling the caller leaves all
/// tasks running.
///
/// - Parameters:
///   - tasks: What to wait for; repetitions collapse.
///   - until: What ends the wait.
///   - timeout: The longest wait; with zero or less the present state is given; more than 100 years count as
///     100 years; `nil` waits without end.
///   - clock: Measures the timeout.
/// - Returns: The tasks that are done and those that are not, both in the order of the arguments.
/// - Throws: ``InvalidState`` for no tasks or a task that waits for itself, `CancellationError` if the caller is
///   cancelled. Source: test_tasks.test_wait, test_wait_first_exception, test_wait_with_timeout, test_wait_errors.
public func wait<Success: Sendable>(
    _ tasks: [TaskHandle<Success>], until: ReturnWhen = .allCompleted,
    timeout: Duration? = nil, clock: any Clock<Duration> = ContinuousClock()
) async throws -> (done: [TaskHandle<Success>], pending: [TaskHandle<Success>]) {
    let tasks = tasks.uniqued(by: \.id)
    try await waitForEnds(tasks, until: until, timeout: timeout, clock: clock)
    return partition(tasks, isDone: \.isDone)
}

/// Waits until some or all tasks of different types have ended, or the timeout has passed, and tells which have.
///
/// ```swift
/// let (done, pending) = try await wait([findTitle, countPages] as [any AnyTask], timeout: .seconds(1))
/// ```
///
/// Never cancels a task and never throws a task's error. Cancelling the caller leaves all tasks running. The parameters
/// are those of ``wait(_:until:timeout:clock:)``.
///
/// - Returns: The tasks that are done and those that are not, both in the order of the arguments.
/// - Throws: As `wait` for tasks of one type.
public func wait(
    _ tasks: some Sequence<any AnyTask> & Sendable, until: ReturnWhen = .allCompleted,
    timeout: Duration? = nil, clock: any Clock<Duration> = ContinuousClock()
) async throws -> (done: [any AnyTask], pending: [any AnyTask]) {
    let tasks = tasks.map(waitable).uniqued(by: \.id)
    try await waitForEnds(tasks, until: until, timeout: timeout, clock: clock)
    return partition(tasks.map { $0 as any AnyTask }, isDone: \.isDone)
}

/// - Parameter tasks: What to wait for, without repetitions.
private func waitForEnds(
    _ tasks: [any WaitableTask], until: ReturnWhen, timeout: Duration?, clock: any Clock<Duration>
) async throws {
    guard !tasks.isEmpty else { throw InvalidState(.emptySet) }
    // With a timeout, or another task that can end the wait first, waiting for oneself too is allowed.
    if timeout == nil, until == .allCompleted || tasks.count == 1 {
        for task in tasks { try task.checkAwaiter() }
    }
    try Task.checkCancellation()
    if let timeout, timeout <= .zero {
        // A caller that polls in a loop must not keep its thread from the tasks it polls.
        await Task.yield()
        return
    }
    let wake = Wake()
    let progress = Waiting(count: tasks.count, until: until)
    let attachments = Attachments(tasks) { _, ending in
        if progress.ended(ending) { wake.wake(.signalled) }
    }
    defer { attachments.removeAll() }
    let reason = await wake.wait(until: timeout.map { Deadline(after: $0, clock: clock) })
    if reason == .cancelled { throw CancellationError() }
}

/// Looks at each task once.
private func partition<Member>(
    _ tasks: [Member], isDone: (Member) -> Bool
) -> (done: [Member], pending: [Member]) {
    var (done, pending): ([Member], [Member]) = ([], [])
    for task in tasks {
        if isDone(task) { done.append(task) } else { pending.append(task) }
    }
    return (done, pending)
}

private func waitable(_ task: any AnyTask) -> any WaitableTask {
    guard let task = task as? any WaitableTask else {
        preconditionFailure("TaskHandle is the only conformance of AnyTask")
    }
    return task
}
