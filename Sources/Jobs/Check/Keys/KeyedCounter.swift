/// A way to count that can tell the keys of what it counts.
protocol KeyedCounter: SourceCounter {
    /// Counts as ``count(_:)`` does, and gives the keys to `keys`.
    ///
    /// Cancelling is as there.
    /// - Returns: the count; and how many keys there were, or why they could not be had although the count could.
    func count(
        _ context: JobContext, keeping keys: KeyCollector
    ) async throws(SourceError) -> (count: SourceCount, keys: Result<KeyTally, SourceError>)
}
