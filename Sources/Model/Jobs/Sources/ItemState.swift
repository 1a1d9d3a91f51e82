/// Where a library system says that a book is.
package enum ItemState: String, Sendable, Hashable, CaseIterable {
    /// On its shelf.
    case onShelf = "on_shelf"
    /// With a reader.
    case onLoan = "on_loan"
    /// On its way: between libraries or rooms, being worked on, waiting for a reader.
    case inTransit = "in_transit"
    /// Lost.
    case lost
    /// Missing.
    case missing
}
