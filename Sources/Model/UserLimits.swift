/// What one user may take of the daemon at once.
package struct UserLimits: Sendable, Hashable {
    /// One of the limits, by the name that settings and answers give it.
    package enum Name: String, Sendable, Hashable, CaseIterable {
        case unfinished
        case running
        case jobBytes = "job_bytes"
        case connections
        case waiters
    }

    /// How many tasks may be held, queued or running, members of composites counted.
    package var unfinished = 10_000
    /// How many tasks run at once; more of them wait, composites are not counted.
    package var running = 32
    /// How many bytes the arguments and the variables of one command may have.
    package var jobBytes = 131_072
    /// How many connections may be open.
    package var connections = 128
    /// How many requests may wait for what has not happened yet: waits, and followers of events and output.
    package var waiters = 64

    /// The default limits.
    package init() {}

    /// The limit called `name`.
    package subscript(name: Name) -> Int {
        get {
            switch name {
            case .unfinished: unfinished
            case .running: running
            case .jobBytes: jobBytes
            case .connections: connections
            case .waiters: waiters
            }
        }
        set {
            switch name {
            case .unfinished: unfinished = newValue
            case .running: running = newValue
            case .jobBytes: jobBytes = newValue
            case .connections: connections = newValue
            case .waiters: waiters = newValue
            }
        }
    }
}
