internal import ArgumentParser

/// What an inventory may have found that is worth an exit code.
enum InventoryFinding: String, ExpressibleByArgument, Sendable, CaseIterable {
    /// Something is not known: a source, a comparison or the verification has failed.
    case partial
    /// A count fell too far to be believed.
    case suspicious
    /// The sources do not agree.
    case discrepancies
}
