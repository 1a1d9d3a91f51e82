internal import Glibc
package import Model

/// The command that runs once a task is done, to tell somebody.
///
/// It finds `TASK_ID`, `TASK_NAME`, `TASK_STATE` and `TASK_RESULT` in its environment, and the whole result, as JSON, on its
/// standard input. `TASK_RESULT` is left out when it would be longer than one variable may be: 128 KiB with its name
/// (`MAX_ARG_STRLEN`, execve(2)). What it prints is kept in `on_done` beside the task's attempts.
package struct Hook: Sendable {
    /// How a hook ended.
    package enum End: Sendable, Hashable {
        case exited(Int32)
        /// It was killed, ran out of its time, can never be started or was started before; the text says which.
        case failed(String)
        /// It could not be started now, or nobody can tell now whether an earlier daemon has begun it; the text says why.
        case notBegun(String)
    }

    private static let longestVariable = 131_072
    private static let grace = Duration.seconds(5)

    private let arguments: [String]
    private let variables: [ExactText: String]
    private let result: String
    private let task: TaskID
    private let finishedAt: Timestamp?

    /// The hook `arguments` for `task`, which is done since `finishedAt`; `result` is its result, or its exception when it has
    /// none.
    package init(
        arguments: [String], task: TaskID, name: String, state: TaskState, finishedAt: Timestamp?, result: JSONValue
    ) {
        self.arguments = arguments
        self.task = task
        self.finishedAt = finishedAt
        self.result = result.text()
        var variables: [ExactText: String] = [
            "TASK_ID": task.description, "TASK_NAME": name, "TASK_STATE": state.rawValue,
        ]
        if self.result.utf8.count + "TASK_RESULT=".utf8.count < Self.longestVariable {
            variables["TASK_RESULT"] = self.result
        }
        self.variables = variables
    }

    /// Runs the hook in `directory` and waits until the last process of it is gone.
    ///
    /// After `limit`, or when the calling task is cancelled, its processes are ended as a command's are, with a grace of
    /// five seconds. A hook runs at most once for a task, also over restarts of the daemon: one that an earlier daemon has
    /// begun is only waited for. Its directory is on the disk before it begins: where that is missing after a power cut, it never did.
    package func run(
        in directory: String, by executor: Executor, limit: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock()
    ) async -> End {
        let attempt = AttemptDirectory.hook(state: executor.state, task: task)
        do throws(ExceptionInfo) {
            if let outcome = try await earlier(attempt, in: directory, executor, limit, clock) { return outcome }
            try attempt.remove()
            let shim: RunningShim
            do throws(ExceptionInfo) {
                shim = try await start(in: attempt, directory, by: executor)
            } catch {
                guard error.type != Spawn.refusal else { throw error }
                try attempt.remove()
                return .notBegun(error.message)
            }
            try await supervise(shim, executor, limit, clock)
            return ending(try await AttemptTraces.read(attempt, clock), in: directory)
        } catch {
            return .failed(error.message)
        }
    }

    /// What comes of it where an earlier daemon has begun it; `nil` when none has, whatever is left of the attempt at it.
    private func earlier(
        _ attempt: AttemptDirectory, in directory: String, _ executor: Executor, _ limit: Duration,
        _ clock: any Clock<Duration>
    ) async throws(ExceptionInfo) -> End? {
        guard attempt.isThere else { return await removed(attempt, executor, clock) }
        var (wasAdopted, hasStarted) = (false, false)
        if let shim = try await RunningShim.adopting(attempt, clock) {
            (wasAdopted, hasStarted) = (true, attempt.hasStarted)
            try await supervise(shim, executor, limit, clock)
        }
        let traces = try await AttemptTraces.read(attempt, clock)
        guard executor.isOfSameBoot, traces.areNone, !traces.isIdentityReplaced else {
            return ending(traces, in: directory)
        }
        if let outcome = await removed(attempt, executor, clock) { return outcome }
        // It may have ended while it was looked for.
        let latest = try await AttemptTraces.read(attempt, clock)
        let mayHaveRun = hasStarted || wasAdopted && !attempt.isWhole
        return latest.areNone && !mayHaveRun ? nil : ending(latest, in: directory)
    }

    private func start(
        in attempt: AttemptDirectory, _ directory: String, by executor: Executor
    ) async throws(ExceptionInfo) -> RunningShim {
        let own = variables.merging(["TASKD_SOCKET": executor.socket]) { variable, _ in variable }
        let launch = Launch(
            arguments: arguments, environment: executor.environment.merging(own) { _, own in own },
            workingDirectory: directory, grace: Self.grace, input: .text(result), mark: mark(executor), isDurable: true)
        return try await runBlocking { _ throws(ExceptionInfo) in try launch.start(in: attempt, by: executor) }
    }

    private func mark(_ executor: Executor) -> UInt64 {
        executor.mark(of: .hook(state: executor.state, task: task), begunAt: finishedAt)
    }

    /// What comes of it where it was begun by an earlier daemon and has left no traces; `nil` when it was not.
    private func removed(
        _ attempt: AttemptDirectory, _ executor: Executor, _ clock: any Clock<Duration>
    ) async -> End? {
        guard let finishedAt, finishedAt < executor.madeAt else { return nil }
        let mark = mark(executor)
        guard await runBlocking({ _ in Recovery.isCarried(mark) }) else { return nil }
        do throws(ExceptionInfo) {
            let wasLeft = try await supervisor(executor, clock).recoverOnce(attempt)
            return wasLeft ? .failed("\(attempt.loss), and what ran was ended") : nil
        } catch {
            return .notBegun(error.message)
        }
    }

    private func supervisor(_ executor: Executor, _ clock: any Clock<Duration>) -> Supervisor {
        Supervisor(executor: executor, clock: clock, grace: Self.grace, mark: mark(executor))
    }

    private func supervise(
        _ shim: RunningShim, _ executor: Executor, _ limit: Duration, _ clock: any Clock<Duration>
    ) async throws(ExceptionInfo) {
        let supervisor = supervisor(executor, clock)
        let (requests, request) = AsyncStream<Void>.makeStream()
        let timer = Task {
            try await clock.sleep(for: limit)
            request.yield()
        }
        await supervisor.wait(for: shim, requests: requests)
        timer.cancel()
        let traces = try await AttemptTraces.read(shim.attempt, clock)
        if traces.record?.isTreeGone != true { try await supervisor.recover(shim.attempt) }
    }

    private func ending(_ traces: AttemptTraces, in directory: String) -> End {
        guard let record = traces.record else {
            return .failed("how it ended is not known")
        }
        switch record.status {
        case .exited(let code) where code == 0 || !record.wasCancelled: return .exited(code)
        case let ending:
            let words = ending.words(program: arguments[0], directory: directory)
            return .failed(record.wasCancelled ? "did not end in its time: \(words)" : words)
        }
    }
}
