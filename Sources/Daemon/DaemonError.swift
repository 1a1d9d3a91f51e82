/// Why the daemon cannot start or go on.
struct DaemonError: Error, Sendable {
    /// What kind of failure this is.
    enum Code: Sendable, Hashable {
        /// A setting is wrong.
        case usage
        /// Another daemon serves this state directory or socket.
        case alreadyRunning
        /// A directory, file or socket cannot be used.
        case unavailable

        /// The exit code that tells of it, after sysexits(3).
        var exitCode: Int32 {
            switch self {
            case .usage: 64
            case .alreadyRunning: 75
            case .unavailable: 70
            }
        }
    }

    let code: Code
    /// What went wrong and what to do.
    let message: String
}
