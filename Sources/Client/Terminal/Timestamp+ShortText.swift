internal import Model

extension Timestamp {
    /// The instant to the second, which fits a table and may be given back to `--since`.
    var shortText: String {
        description.prefix(19) + "Z"
    }
}
