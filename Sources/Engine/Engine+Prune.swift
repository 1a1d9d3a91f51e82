internal import Model
internal import Store

extension Engine {
    /// How many tasks are removed at once, so that no submit waits long behind it.
    private static let pruneBatch = 500
    /// How long an inventory that the next ones are measured against stays: a year's next may come a little late.
    private static let measuresLast = Duration.seconds(400 * 86_400)

    /// Removes the tasks that were done at least `age` ago, with their members, events and output; but not the inventories
    /// of the last 400 days that the next ones are measured against.
    ///
    /// Cancelling the caller ends it after the batch being removed.
    /// - Returns: how many tasks were removed, members included.
    /// - Throws: ``StoreError`` when the store fails; an exception when output cannot be removed; `CancellationError`.
    package func prune(olderThan age: Duration) async throws -> Int {
        try await prune(.doneBefore(Timestamp(milliseconds: configuration.now().milliseconds - age.milliseconds)))
    }

    /// Removes the oldest of the done tasks until `count` are left, members not counted.
    ///
    /// What stays, cancelling and errors are as with ``prune(olderThan:)``.
    package func prune(keeping count: Int) async throws -> Int {
        guard let last = try await store.lastToGo(keeping: count) else { return 0 }
        return try await prune(.upTo(sequence: last))
    }

    private func prune(_ prunable: Store.Prunable) async throws -> Int {
        var count = 0
        while let removed = try await pruneBatch(prunable) {
            count += removed
            try Task.checkCancellation()
        }
        return count
    }

    /// Removes one batch.
    ///
    /// - Returns: how many tasks went; `nil` when there are no more.
    func pruneBatch(_ prunable: Store.Prunable) async throws -> Int? {
        let oldest = Timestamp(milliseconds: configuration.now().milliseconds - Self.measuresLast.milliseconds)
        guard let removed = try await store.prune(prunable, keepingMeasuresSince: oldest, limit: Self.pruneBatch)
        else { return nil }
        // After the commit: a crash in between leaves files that nobody asks for, never a task without its output.
        try await configuration.removeOutput(removed)
        return removed.count
    }
}
