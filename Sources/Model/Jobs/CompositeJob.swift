/// A job that is other jobs.
package struct CompositeJob: Sendable, Hashable {
    /// When it ends and what it does with its members, after asyncio's constructs.
    package enum Policy: Sendable, Hashable {
        /// `asyncio.gather`: the first failure fails it at that moment and the others run on; with
        /// `returnExceptions` it waits for all and always succeeds.
        case gather(returnExceptions: Bool)
        /// `asyncio.TaskGroup`: the first failure cancels the others; it fails with all of them.
        case taskGroup
        /// The first member to finish decides; the others are cancelled.
        case race
        /// One member after another; the first failure stops it.
        case sequence
        /// All at once as with `gather` and `returnExceptions`; what they come to is decided by the policy.
        case inventory(InventoryPolicy)

        /// The kind key of the policy.
        package var kind: TaskKind {
            switch self {
            case .gather: .gather
            case .taskGroup: .taskGroup
            case .race: .race
            case .sequence: .sequence
            case .inventory: .inventory
            }
        }
    }

    /// When it ends and what it does with its members.
    package let policy: Policy
    /// The members' jobs in the order given; never empty.
    package internal(set) var members: [Job]
    /// Whether results that are objects are merged, left to right, into one.
    package let merge: Bool
    /// How many members may run at once; `nil` for no limit of its own.
    package let maximumRunning: Int?

    static let keys = ["merge", "max_running"]
    static let gatherKeys = ["return_exceptions"] + keys
}
