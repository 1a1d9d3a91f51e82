/// Runs `body` with a scope for tasks, and returns when the body and every task of the scope have ended.
///
/// ```swift
/// let (books, films) = try await withTaskScope { scope in            // async with asyncio.TaskGroup() as tg:
///     let books = try scope.spawn { try await countBooks() }         //     books = tg.create_task(count_books())
///     let films = try scope.spawn { try await countFilms() }         //     films = tg.create_task(count_films())
///     return try await (books.value, films.value)
/// }
/// ```
///
/// The first member that fails, or the body failing, cancels all unfinished members and the body; a member that is
/// cancelled alone ends nothing. The body runs as a Swift task of its own, so that it can be interrupted. Cancelling
/// the caller cancels the body and all members, and the scope is still left only when they have ended.
///
/// Code in the body or in a member that awaits a failed member is interrupted like the rest: `CancellationError` is
/// thrown there, and the scope reports the failure once.
///
/// - Parameters:
///   - registry: Starts and lists the members.
///   - body: Receives the scope. Members may spawn siblings through it also after the body has returned.
/// - Returns: What the body returned.
/// - Throws: ``TaskGroupError`` with every failure if there is one, the body's last, also when it is alone; else
///   `CancellationError` if the caller was cancelled; else the cancellation the body threw. Source: test_taskgroup_01
///   to _25.
public func withTaskScope<Success: Sendable>(
    registry: TaskRegistry = .shared, _ body: sending @escaping @isolated(any) (TaskScope) async throws -> Success
) async throws -> Success {
    let scope = TaskScope(registry: registry)
    let (callers, scopes) = (CurrentTask.identities, [scope] + CurrentTask.scopes)
    let running = Task {
        let standIn = CurrentTask.StandIn(identity: CurrentTask.identity, callers: callers, scopes: scopes)
        do {
            let value = try await CurrentTask.$standIn.withValue(standIn) { try await body(scope) }
            scope.bodyEnded(threw: false)
            return TaskOutcome.success(value)
        } catch {
            scope.bodyEnded(threw: true)
            return TaskOutcome<Success>.failure(error)
        }
    }
    scope.bodyStarted { running.cancel() }
    return try await withTaskCancellationHandler {
        let outcome = await running.value
        let errors = await scope.leave()
        return try ending(of: outcome, members: errors, in: scope)
    } onCancel: {
        scope.cancel(reason: "the scope's caller was cancelled")
    }
}

private func ending<Success: Sendable>(
    of body: TaskOutcome<Success>, members: [any Error], in scope: TaskScope
) throws -> Success {
    let isRefused = body.failure.map(scope.isRefusal) ?? false
    let own = isRefused ? [] : body.failure.map { [$0] } ?? []
    if let error = TaskGroupError(members + own) { throw error }
    if Task.isCancelled || isRefused { throw CancellationError() }
    return try body.get()
}
