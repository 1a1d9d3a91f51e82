internal import Model

/// What comparing the sources of an inventory comes to.
struct ReconciliationResult: Sendable, Hashable {
    /// What was compared, and how much was found.
    let value: JSONValue
    /// What was found, one object each.
    let discrepancies: [JSONValue]
    /// Whether something could not be compared.
    let hasGaps: Bool
}
