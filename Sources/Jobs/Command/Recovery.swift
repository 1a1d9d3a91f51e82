internal import Glibc
internal import Model

/// Ends what a shim that was killed left behind, and a shim that was stopped.
struct Recovery {
    /// The attempt the shim worked on.
    let attempt: AttemptDirectory
    /// What none but its processes have; see ``Executor/mark(of:begunAt:)``.
    let mark: UInt64

    /// Whether some process has `mark`, by one look at each: what there is to look for closely, as there seldom is.
    static func isCarried(_ mark: UInt64) -> Bool {
        guard let processes = DirectoryListing.names(at: "/proc") else { return true }
        return processes.contains { name in
            guard Int(name) != nil, let limits = try? Descriptor.reading("/proc/\(name)/limits") else { return false }
            return String(decoding: limits.contents(limit: 4096), as: UTF8.self).contains(" \(mark) ")
        }
    }

    /// Returns when no process of the attempt can be found any more: none in its cgroup, none that has the mark.
    ///
    /// The program of the shim does it, which has the system calls to signal a process without mistaking it for another.
    /// - Returns: whether there was one, unless it was in a cgroup.
    /// - Throws: an exception when that program cannot be started.
    func run(by executor: Executor) async throws(ExceptionInfo) -> Bool {
        let null = try Descriptor.opening("/dev/null", O_RDWR)
        let pid = try Spawn(
            arguments: [executor.shim, "recover", String(getpid()), attempt.path, String(mark)],
            environment: [],
            descriptors: Array(repeating: null.number, count: 5)
        ).start()
        let child = ShimChild(pid)
        // Without a descriptor left there is no other way to wait, and it takes no time worth mentioning.
        guard let process = ShimProcess(pid) else { return child.reap() != 0 }
        let shim = RunningShim(attempt: attempt, child: child, process: process.released())
        return await shim.ended(executor.waiter) != 0
    }
}
