/// A system that is asked about one book after another: one conformance a protocol. None of them changes anything there.
protocol ItemSystem: Sendable {
    /// How many books it is asked about in a second at most.
    var rate: Int { get }

    /// What it says about the book with `barcode`.
    ///
    /// Cancelling ends the question soon, with the code `cancelled`.
    mutating func item(_ barcode: String) async throws(SourceError) -> ItemReport

    /// Ends the talk; returns when nothing of it is left.
    mutating func close() async
}
