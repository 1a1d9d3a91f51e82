/// Waits for all tasks and gives their values in the order of the arguments.
///
/// ```swift
/// let pages = try await gather(tasks)   // pages = await asyncio.gather(*tasks)
/// ```
///
/// A task given twice is run once, and its value stands at both places. The first task that fails, or ends cancelled,
/// ends the wait at once; the others run on, and their later errors count as seen. Cancelling the caller cancels every
/// unfinished task and waits for all of them; if all are done before the call, the values are given nevertheless.
///
/// - Returns: One value for each argument; `[]` at once for none.
/// - Throws: The first error in the order of completion, ``TaskCancelled`` if a task was cancelled, ``InvalidState`` if
///   a task gathers itself. If the caller was cancelled, after all tasks have ended: the error of the first one to end
///   without a value, if it failed on being cancelled, else `CancellationError`, even if all gave values. Source:
///   test_tasks.test_success, test_one_exception, test_cancellation_broadcast.
public func gather<Success: Sendable>(_ tasks: [TaskHandle<Success>]) async throws -> [Success] {
    try await gatherFirstFailure(tasks)
    return try tasks.map { try $0.result() }
}

/// Waits for tasks of different types and gives their values in the order of the arguments.
///
/// ```swift
/// // title, pages = await asyncio.gather(find_title, count_pages)
/// let (title, pages) = try await gather(findTitle, countPages)
/// ```
///
/// Cancelling the caller cancels every unfinished task and waits for all of them.
///
/// - Returns: One value for each argument, in their order.
/// - Throws: As `gather` of an array.
public func gather<each Success: Sendable>(
    _ tasks: repeat TaskHandle<each Success>
) async throws -> (repeat each Success) {
    var list: [any WaitableTask] = []
    repeat list.append(each tasks)
    try await gatherFirstFailure(list)
    return (repeat try (each tasks).result())
}

/// Waits until all tasks have ended and gives every outcome in the order of the arguments; no failure is thrown.
///
/// ```swift
/// let outcomes = try await gatherOutcomes(tasks)   // results = await asyncio.gather(*tasks, return_exceptions=True)
/// ```
///
/// Cancelling the caller cancels every unfinished task and waits for all of them.
///
/// - Returns: One outcome for each argument; a cancelled task is a `.cancelled`, which no success can be mistaken for.
/// - Throws: `CancellationError` if the caller was cancelled before it knew that all had ended, whatever the tasks make
///   of it, ``InvalidState`` if a task gathers itself. Source: test_tasks.test_return_exceptions, test_cancel_gather_2.
public func gatherOutcomes<Success: Sendable>(_ tasks: [TaskHandle<Success>]) async throws -> [TaskOutcome<Success>] {
    _ = try await Gathering(tasks.uniqued(by: \.id), stopsAtFailure: false).run()
    var outcomes: [TaskOutcome<Success>] = []
    for task in tasks { outcomes.append(await task.join()) }
    return outcomes
}

/// Waits until all tasks of different types have ended and gives every outcome in the order of the arguments.
///
/// Cancelling the caller cancels every unfinished task and waits for all of them.
///
/// - Returns: One outcome for each argument, in their order.
/// - Throws: As `gatherOutcomes` of an array.
public func gatherOutcomes<each Success: Sendable>(
    _ tasks: repeat TaskHandle<each Success>
) async throws -> (repeat TaskOutcome<each Success>) {
    var list: [any WaitableTask] = []
    repeat list.append(each tasks)
    _ = try await Gathering(list.uniqued(by: \.id), stopsAtFailure: false).run()
    return (repeat await (each tasks).join())
}

private func gatherFirstFailure(_ tasks: [any WaitableTask]) async throws {
    let failed = try await Gathering(tasks.uniqued(by: \.id), stopsAtFailure: true).run()
    if let error = try failed?.error() { throw error }
}
