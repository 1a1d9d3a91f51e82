/// A way to count what a source holds: one conformance a kind of source.
protocol SourceCounter: Sendable {
    /// How it counts, in one word, for the `method` of a check's detail.
    var method: String { get }

    /// Counts.
    ///
    /// Cancelling the calling task ends the counting soon, with the code `cancelled`; when it returns, nothing of it is
    /// left running. Blocking calls are made through ``runBlocking(on:_:)``.
    func count(_ context: JobContext) async throws(SourceError) -> SourceCount
}
