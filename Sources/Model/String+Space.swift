extension StringProtocol {
    /// The text without white space around it.
    package var trimmingSpace: SubSequence {
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...end]
    }
}
