/// What a job does, by the key that says so.
package enum TaskKind: String, Sendable, Hashable, CaseIterable {
    case command
    case shell
    case check
    case verify
    case sleep
    case gather
    case taskGroup = "task_group"
    case race
    case sequence
    case inventory

    /// Whether its tasks are programs, which have output and input, can be paused, and outlive the daemon.
    package var isCommand: Bool { self == .command || self == .shell }

    /// Whether its tasks write something that can be read while they run.
    package var hasOutput: Bool { isCommand || self == .verify }

    /// Whether a task that the daemon leaves behind when it stops is gone on with by the next one.
    package var isContinued: Bool { self == .verify }

    /// Whether the job is other jobs.
    package var isComposite: Bool {
        switch self {
        case .command, .shell, .check, .verify, .sleep: false
        case .gather, .taskGroup, .race, .sequence, .inventory: true
        }
    }
}
