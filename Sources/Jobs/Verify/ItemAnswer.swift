internal import Model

/// What a system says about one barcode.
enum ItemAnswer: Sendable, Hashable {
    /// There is such a book, and this is the case with it.
    case known(ItemState)
    /// There is no such book.
    case unknown
    /// It does not answer, or in words that nobody has explained.
    case unclear
}
