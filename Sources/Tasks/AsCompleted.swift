/// Yields the tasks in the order in which they complete, those already done first.
///
/// ```swift
/// for try await task in asCompleted(tasks) {   // async for task in asyncio.as_completed(tasks):
///     print(task.name, try await task.value)   //     print(task.get_name(), await task)
/// }
/// ```
///
/// The stream gives the same handles that were passed in. A task that failed is given like any other, and throws where
/// its value is read. The stream never cancels a task.
///
/// - Parameters:
///   - tasks: What to wait for; a repetition is given once. No tasks make an empty stream.
///   - timeout: The time for the whole stream, counted from this call. When it has passed, the stream gives what had
///     completed by then, whenever that is read, and throws ``TimedOut`` once. More than 100 years count as 100 years.
///   - clock: Measures the timeout.
/// - Returns: A stream that one reader reads once. Source: test_tasks.test_as_completed,
///   test_as_completed_same_tasks_in_as_out, test_as_completed_with_timeout.
public func asCompleted<Success: Sendable>(
    _ tasks: [TaskHandle<Success>], timeout: Duration? = nil,
    clock: any Clock<Duration> = ContinuousClock()
) -> CompletionStream<Success> {
    CompletionStream(queue: CompletionQueue(tasks.uniqued(by: \.id), timeout: timeout, clock: clock))
}
