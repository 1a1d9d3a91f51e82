internal import Glibc
package import Model

/// Where and with what commands are run: everything about a command that is the daemon's and not the job's.
package struct Executor: Sendable {
    /// The program `taskd-shim`; absolute.
    package let shim: String
    /// The daemon's state directory, which attempts are kept in and which is hidden from commands where that can be
    /// done without breaking them; absolute, without symbolic links.
    package let state: String
    /// The daemon's socket, which commands find in `TASKD_SOCKET`; absolute.
    package let socket: String
    /// The cgroup below which each command gets one of its own; `nil` to do with process groups and a subreaper.
    package let cgroup: String?
    /// How many bytes are kept of each output stream: a head and a tail of half of it each.
    package let outputLimit: Int64
    /// The umask of commands; what the daemon makes itself is its own alone.
    let mask: UInt32
    /// Whether the machine has run on since the last daemon: then a command of which there is no sign never ran.
    let isOfSameBoot: Bool
    /// What commands inherit of the daemon's own variables.
    package let environment: [ExactText: String]
    let waiter: ShimWaiter
    /// When this was made: what was started before, another daemon has started.
    let madeAt = Timestamp.now()
    /// What no other state directory on this machine is called, whatever its path.
    private let place: String

    /// The least that ``outputLimit`` may be: a cut below it would not pay, or could reach what a result shows.
    package static let minimumOutputLimit: Int64 = 1 << 20

    /// An executor, with what it needs below `state`; `cgroup` usually is ``delegatedCgroup()`` and `environment` ``inheritedEnvironment()``. A daemon has one.
    ///
    /// - Throws: an exception when the system has no files left.
    package init(
        shim: String, state: String, socket: String, isOfSameBoot: Bool, cgroup: String? = nil,
        outputLimit: Int64 = 64 << 20, mask: UInt32 = 0o022,
        environment: [ExactText: String] = Executor.inheritedEnvironment()
    ) throws(ExceptionInfo) {
        self.shim = shim
        // Landlock goes by where a directory really is.
        self.state = state.resolvedPath ?? state
        place = try Self.place(of: self.state)
        self.socket = socket
        self.isOfSameBoot = isOfSameBoot
        self.cgroup = cgroup
        self.outputLimit = max(outputLimit, Self.minimumOutputLimit)
        self.mask = mask
        self.environment = environment
        waiter = try ShimWaiter()
        AttemptDirectory.prepareStaging(state: self.state)
    }

    private static func place(of state: String) throws(ExceptionInfo) -> String {
        var status = stat()
        guard stat(state, &status) == 0 else { throw .system("cannot look at \(state)") }
        return "\(status.st_dev)-\(status.st_ino)"
    }
}

extension Executor {
    /// The number by which the processes of `attempt` are known, and no others, should their shim be killed: their limit of
    /// real-time (`RLIMIT_RTTIME`, getrlimit(2)), which all that they start inherits, whatever becomes of its variables. Some
    /// 73,000 years and more limit nobody.
    ///
    /// The next daemon makes the same of what the store says, whatever its socket is called and whatever became of the
    /// directory of the attempt. In a history that was restored, a number that is given out again begins at another time.
    /// - Parameter begunAt: when the attempt began or, for a hook, its task was done, as the store has it.
    func mark(of attempt: AttemptDirectory, begunAt: Timestamp?) -> UInt64 {
        1 << 61 | "\(place)-\(attempt.name)-\(begunAt?.milliseconds ?? 0)".stableHash >> 3
    }
}

extension Executor {
    private static let inherited =
        ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "TMPDIR", "LANG", "LANGUAGE"]
        + [
            "ALL", "ADDRESS", "COLLATE", "CTYPE", "IDENTIFICATION", "MEASUREMENT", "MESSAGES", "MONETARY", "NAME",
            "NUMERIC", "PAPER", "TELEPHONE", "TIME",
        ].map { "LC_" + $0 }

    /// The daemon's variables that a command may know. Anything else could hold a secret of the daemon, or, as
    /// `NOTIFY_SOCKET` and `LISTEN_FDS` do, let a command speak for it (sd_notify(3), sd_listen_fds(3)).
    package static func inheritedEnvironment() -> [ExactText: String] {
        var environment: [ExactText: String] = [:]
        for name in inherited {
            environment[ExactText(name)] = getenv(name).flatMap { String(validatingCString: $0) }
        }
        return environment
    }
}
