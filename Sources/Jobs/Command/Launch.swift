internal import Glibc
internal import Model

/// A command about to be started.
struct Launch {
    /// What it reads on its standard input.
    enum Input {
        case empty
        case text(String)
        /// The text, and then what is sent, until somebody ends it.
        case open(String)
    }

    var arguments: [String]
    /// Its whole environment.
    var environment: [ExactText: String]
    /// Absolute.
    var workingDirectory: String
    var grace: Duration
    var input = Input.empty
    var limits = ResourceLimits.none
    var niceness = 0
    /// What its processes are known by; see ``Executor/mark(of:begunAt:)``.
    var mark: UInt64
    /// Whether the attempt's directory is to be on the disk before it begins.
    var isDurable = false
}

extension Launch {
    /// Makes the attempt's directory and starts the shim in it, which starts the command.
    ///
    /// It takes about a millisecond, as long as the shim's exec takes.
    /// - Throws: an exception when there was not even a shim; the command has not run then.
    func start(in attempt: AttemptDirectory, by executor: Executor) throws(ExceptionInfo) -> RunningShim {
        try attempt.make()
        if isDurable { try attempt.flush() }
        let input = try openInput(in: attempt)
        let output = try Descriptor.opening(attempt.stdout, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)
        let errors = try Descriptor.opening(attempt.stderr, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)
        let control = try Descriptor.opening(attempt.control, O_RDWR | O_NONBLOCK)
        // Opened for reading first: its end of file then is the end of the shim, however early that comes.
        let reader = try Descriptor.opening(attempt.progress, O_RDONLY | O_NONBLOCK)
        let writer = try Descriptor.opening(attempt.progress, O_RDWR | O_NONBLOCK)
        let pid = try Spawn(
            arguments: [executor.shim] + options(attempt, executor) + ["--"] + arguments,
            environment: environment.map { "\($0.key.text)=\($0.value)" },
            descriptors: [input.number, output.number, errors.number, control.number, writer.number]
        ).start()
        return RunningShim(
            attempt: attempt, child: ShimChild(pid), progress: reader.released(),
            control: FileIdentity(of: control.number))
    }

    private func options(_ attempt: AttemptDirectory, _ executor: Executor) -> [String] {
        var options = [
            "-d", attempt.path, "-g", String(grace.milliseconds), "-w", workingDirectory,
            "-o", String(executor.outputLimit), "-h", executor.state, "-m", String(executor.mask, radix: 8),
            "-r", String(mark),
        ]
        if niceness != 0 { options += ["-n", String(niceness)] }
        if let cgroup = executor.cgroup(of: attempt) { options += ["-c", cgroup] }
        return options + limits.arguments
    }

    private func openInput(in attempt: AttemptDirectory) throws(ExceptionInfo) -> Descriptor {
        switch input {
        case .empty:
            return try .opening("/dev/null", O_RDONLY)
        case .text(let text):
            // The name is gone before the command runs: nothing of what it was told stays on the disk.
            let file = try Descriptor.opening(attempt.input, O_WRONLY | O_CREAT | O_EXCL)
            defer { unlink(attempt.input) }
            try file.write(text, to: attempt.input)
            return try .opening(attempt.input, O_RDONLY)
        case .open(let text):
            guard mkfifo(attempt.input, 0o600) == 0 else { throw .system("cannot make \(attempt.input)") }
            let writer = try Descriptor.opening(attempt.input, O_RDWR | O_NONBLOCK)
            try writer.write(text, to: attempt.input)
            // What it holds stays in it until the shim has it open too.
            return try .opening(attempt.input, O_RDONLY)
        }
    }
}
