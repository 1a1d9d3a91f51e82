internal import Glibc
internal import Model

/// Ends what a shim that was killed left behind, and a shim that was stopped.
struct Recovery {
    /// The attempt the shim worked on.
    let attempt: AttemptDirectory
    /// The command's variables, which are the mark of its processes.
    let environment: [String: String]

    private static let marks = ["TASK_ID", "TASK_ATTEMPT", "TASKD_SOCKET"]

    /// Returns when no process of the attempt can be found any more: none in its cgroup, none that has the mark.
    ///
    /// The program of the shim does it, which has the system calls to signal a process without mistaking it for another.
    /// - Throws: an exception when that program cannot be started.
    func run(by executor: Executor) async throws(ExceptionInfo) {
        let null = try Descriptor.opening("/dev/null", O_RDWR)
        let reader = try Descriptor.opening(attempt.progress, O_RDONLY | O_NONBLOCK)
        let shim = try start(executor, null: null.number, reader: consume reader)
        await shim.ended(executor.waiter)
    }

    private func start(
        _ executor: Executor, null: Int32, reader: consuming Descriptor
    ) throws(ExceptionInfo) -> RunningShim {
        let writer = try Descriptor.opening(attempt.progress, O_RDWR | O_NONBLOCK)
        let pid = try Spawn(
            arguments: [executor.shim, "recover", attempt.path],
            environment: Self.marks.map { "\($0)=\(environment[$0] ?? "")" },
            descriptors: [null, null, null, null, writer.number]
        ).start()
        return RunningShim(attempt: attempt, child: pid, progress: reader.released())
    }
}

extension AttemptDirectory {
    /// Whether the shim is there and somebody has stopped it (proc(5): state `T`, field 3; start, field 22).
    var isShimStopped: Bool {
        guard let shim = lines(of: identity).first(where: { $0.hasPrefix("shim ") })?.split(separator: " "),
            shim.count == 3, let status = lines(of: "/proc/\(shim[1])/stat").first,
            let name = status.lastIndex(of: ")")
        else { return false }
        let fields = status[name...].split(separator: " ")
        return fields.count > 20 && fields[20] == shim[2] && fields[1] == "T"
    }

    /// Whether the machine has not been restarted since the shim was started.
    var isOfThisBoot: Bool {
        let boot = lines(of: "/proc/sys/kernel/random/boot_id").first ?? ""
        return lines(of: identity).contains { $0 == "boot_id \(boot)" }
    }
}
