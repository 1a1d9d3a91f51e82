internal import Model
internal import Store

extension Engine {
    /// How many composites and single tasks are removed at once, so that no submit waits long behind it.
    private static let pruneBatch = 200

    /// Removes the tasks that were done at least `age` ago, with their members, events and output.
    ///
    /// Cancelling the caller ends it after the batch being removed.
    /// - Returns: how many tasks were removed, members included.
    /// - Throws: ``EngineError`` when the store fails or output cannot be removed; `CancellationError`.
    package func prune(olderThan age: Duration) async throws -> Int {
        let instant = Timestamp(milliseconds: configuration.now().milliseconds - age.milliseconds)
        var count = 0
        while true {
            let removed = try await store.prune(doneBefore: instant, limit: Self.pruneBatch)
            guard !removed.isEmpty else { return count }
            count += removed.count
            // After the commit: a crash in between leaves files that nobody asks for, never a task without its output.
            try await configuration.removeOutput(removed)
            try Task.checkCancellation()
        }
    }
}
