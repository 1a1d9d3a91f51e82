/// In what form a person wants to see what an inventory came to.
enum InventoryForm: Sendable {
    /// Tables and words.
    case report
    /// The sources as CSV.
    case sources
    /// The books of the verification as CSV.
    case books
}
