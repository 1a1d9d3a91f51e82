internal import Model

extension StringProtocol {
    /// The beginning of what a server wrote, fit to be shown.
    var excerpt: String { String(prefix(200)).shown }

    /// The text without white space around it.
    var trimmingSpace: SubSequence {
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...end]
    }
}
