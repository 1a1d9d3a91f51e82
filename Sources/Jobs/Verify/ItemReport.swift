/// What a system says about one book, and how it says it.
struct ItemReport: Sendable, Hashable {
    /// What it comes to.
    let answer: ItemAnswer
    /// The system's own word; empty when it has none.
    let word: String
    /// The title; empty when the system tells none.
    let title: String
}

extension ItemReport {
    /// There is no such book.
    static let unknown = ItemReport(answer: .unknown, word: "", title: "")

    /// The system did not answer, because of `error`.
    static func unanswered(_ error: SourceError) -> ItemReport {
        ItemReport(answer: .unclear, word: error.code.rawValue, title: "")
    }
}
