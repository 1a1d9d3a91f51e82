internal import Glibc
internal import Model

extension ExitRecord.Status {
    /// The exit code; `nil` when it was killed or never ran.
    var exitCode: Int32? {
        guard case .exited(let code) = self else { return nil }
        return code
    }

    /// The signal that killed it; `nil` when none did.
    var signal: Int32? {
        guard case .killed(let signal) = self else { return nil }
        return signal
    }

    /// How `program`, to be run in `directory`, ended, for a person.
    func words(program: String, directory: String) -> String {
        switch self {
        case .exited(let code):
            return "exited with status \(code)"
        case .killed(let signal):
            return "killed by signal \(signal)" + (Self.names[signal].map { " (SIG\($0))" } ?? "")
        case .notStarted("exec", ENOENT):
            let path = program.hasPrefix("/") ? program : "\(directory)/\(program)"
            if program.contains("/"), access(path, F_OK) == 0 {
                return "cannot run \(program): the interpreter that its first line names is missing"
            }
            return program.contains("/") ? "no such program: \(program)" : "no such program in PATH: \(program)"
        case .notStarted("exec", let error):
            return "cannot run \(program): \(SystemError(error))"
        case .notStarted("cwd", let error):
            return "cannot run in the directory \(directory): \(SystemError(error))"
        case .notStarted(let step, let error):
            return "cannot start \(program): \(step): \(SystemError(error))"
        }
    }

    private static let names: [Int32: String] = [
        SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP", SIGABRT: "ABRT", SIGBUS: "BUS",
        SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1", SIGSEGV: "SEGV", SIGUSR2: "USR2", SIGPIPE: "PIPE",
        SIGALRM: "ALRM", SIGTERM: "TERM", SIGSTKFLT: "STKFLT", SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGVTALRM: "VTALRM",
        SIGPROF: "PROF", SIGIO: "IO", SIGPWR: "PWR", SIGSYS: "SYS",
    ]
}
