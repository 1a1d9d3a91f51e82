internal import Glibc
internal import Model

/// One program to start as a child process with exactly the descriptors given.
struct Spawn {
    let arguments: [String]
    /// `NAME=VALUE`, the whole environment.
    let environment: [String]
    /// What the program finds as 0, 1, 2 and so on.
    let descriptors: [Int32]

    /// The type of the exception when the system never takes what the program is given, and trying again is in vain.
    static let refusal = "CommandFailed"

    /// Starts the program, with every signal blocked so that none can end it before it is ready for them.
    ///
    /// - Throws: an exception naming the program and what the system said.
    func start() throws(ExceptionInfo) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        sigfillset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var pid: pid_t = 0
        let error = Self.withPointers(to: arguments) { argv in
            Self.withPointers(to: environment) { envp in
                posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
            }
        }
        guard error == 0 else {
            guard error != E2BIG else {
                throw ExceptionInfo(
                    type: Self.refusal, message: "the arguments and variables are longer than the system takes",
                    details: ["exit_code": nil, "signal": nil, "stderr": ""])
            }
            throw .system("cannot start \(arguments[0])", error: error)
        }
        return pid
    }

    private static func withPointers<Result>(
        to strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
