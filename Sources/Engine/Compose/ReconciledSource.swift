internal import Jobs
internal import Model

/// A source of an inventory that keeps its keys.
struct ReconciledSource: Sendable {
    /// Its name.
    let name: String
    /// How many keys there are, or the exception that there are none because of, as the check tells in its detail; `nil` when
    /// the source failed or is not to be trusted.
    let tally: JSONValue?
    /// Where the keys are.
    let keys: KeyFile
    /// Where those of its last good run are; `nil` when there was none.
    let before: KeyFile?

    /// Whether there is something to compare.
    var isComparable: Bool { tally?["keys"]?.intValue != nil }
}
