internal import Model

/// What an attempt has left in its files, each read once: whether a command began, and how it ended.
struct AttemptTraces: Sendable {
    private let identity: AttemptFile
    private let exit: AttemptFile
    private let boot: AttemptFile
    /// How the command ended; `nil` when nobody has written that down, or less than it takes.
    let record: ExitRecord?

    /// The traces of `attempt`, whose shim has ended. What cannot be read now says nothing of what stands there, and is read again.
    ///
    /// - Throws: an exception when some of it could not be read in a minute.
    static func read(
        _ attempt: AttemptDirectory, _ clock: any Clock<Duration>
    ) async throws(ExceptionInfo) -> AttemptTraces {
        try await retryForAMinute(clock) { () throws(ExceptionInfo) in try AttemptTraces(of: attempt) }
    }

    private init(of attempt: AttemptDirectory) throws(ExceptionInfo) {
        identity = try AttemptFile(at: attempt.identity)
        exit = try AttemptFile(at: attempt.exit)
        boot = try AttemptFile(at: ShimProcess.bootID)
        record = ExitRecord(lines: exit.lines)
    }

    /// Whether a command was let loose: it never runs before it stands in the identity file.
    var hasStarted: Bool { identity.hasStarted }

    /// Whether something else stands in the place of the identity file, so that nobody can tell what ran.
    var isIdentityReplaced: Bool { identity == .replaced }

    /// Whether nothing shows that a command may have begun.
    var areNone: Bool { !hasStarted && exit == .absent }

    /// Whether the machine has not been restarted since the shim was started.
    var isOfThisBoot: Bool { identity.isOfBoot(boot) }
}
