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
        let pid = try Spawn(
            arguments: [executor.shim, "recover", attempt.path],
            environment: Self.marks.map { "\($0)=\(environment[$0] ?? "")" },
            descriptors: Array(repeating: null.number, count: 5)
        ).start()
        guard let process = ShimProcess(pid) else {
            // Without a descriptor left there is no other way to wait, and it takes no time worth mentioning.
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return
        }
        await RunningShim(attempt: attempt, child: pid, process: process.released()).ended(executor.waiter)
    }
}
