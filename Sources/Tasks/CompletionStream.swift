/// Tasks as they complete; made by `asCompleted`.
///
/// Each task is given once: iterators of one stream share it. Leaving the loop early leaves the other tasks running.
public struct CompletionStream<Success: Sendable>: AsyncSequence, Sendable {
    /// One of the tasks that were passed in.
    public typealias Element = TaskHandle<Success>
    /// ``TimedOut`` or `CancellationError`.
    public typealias Failure = any Error

    let queue: CompletionQueue<Success>

    /// Starts or goes on reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(queue: queue)
    }

    /// Reads the tasks in the order they complete.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let queue: CompletionQueue<Success>

        /// The next task to complete; `nil` when all have been given.
        ///
        /// - Throws: ``TimedOut`` once when the time for the whole stream has passed, `CancellationError` if the reader
        ///   is cancelled. The tasks are left alone either way.
        public func next() async throws -> TaskHandle<Success>? {
            try await queue.next()
        }
    }
}
