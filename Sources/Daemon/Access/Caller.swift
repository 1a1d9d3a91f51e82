internal import Model

/// Who is at the other end of a connection, and what they may do.
struct Caller: Sendable {
    /// Who they were when they connected, as the kernel says; `nil` when it does not.
    let submitter: Submitter?
    let roles: Roles

    /// A caller whose credentials the kernel does not report: one without roles.
    static let unknown = Caller(submitter: nil, roles: [])

    /// The user whose tasks are the only ones the caller sees; `nil` for one who sees every task.
    var seesOnly: UInt32? {
        roles.reach(on: .read) == .everyTask ? nil : submitter?.uid
    }
}
