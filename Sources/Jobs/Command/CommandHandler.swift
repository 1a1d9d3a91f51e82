internal import Glibc
package import Model
internal import Synchronization

/// Runs a command under a shim that outlives the daemon.
package struct CommandHandler: JobHandler {
    private let job: CommandJob
    private let executor: Executor

    /// A handler that runs `job` with `executor`.
    package init(_ job: CommandJob, executor: Executor) {
        self.job = job
        self.executor = executor
    }

    /// Starts the command and waits until the last process of it is gone.
    ///
    /// Cancelling the calling task sends TERM to its processes, and KILL after the grace; each further element of the
    /// context's cancel requests sends TERM again.
    package func run(_ context: JobContext) async -> RunReport {
        guard !Task.isCancelled else { return RunReport(.cancelled(.cancelled(nil))) }
        let attempt = AttemptDirectory(state: executor.state, task: context.taskID, attempt: context.attempt)
        do throws(ExceptionInfo) {
            let shim = try launch(context).start(in: attempt, by: executor)
            await supervise(shim, context)
        } catch {
            return RunReport(.failed(error))
        }
        if let report = await collect(attempt, context) { return report }
        guard access(attempt.path, F_OK) == 0 else {
            return RunReport(.failed(.lost("\(attempt.path) was removed; how the command ended is not known")))
        }
        return RunReport(.failed(.neverBegan(in: attempt)))
    }

    /// Takes over the command of an earlier daemon, reads how it ended meanwhile, or runs it when it provably never ran:
    /// then that daemon died between the claim and the start.
    ///
    /// - Returns: `nil` when the machine was restarted under it, and its outcome is not known to anybody.
    package func resume(_ context: JobContext) async -> RunReport? {
        let attempt = AttemptDirectory(state: executor.state, task: context.taskID, attempt: context.attempt)
        if let shim = RunningShim.adopting(attempt) { await supervise(shim, context) }
        if executor.isOfSameBoot, !attempt.hasStarted, ExitRecord(in: attempt) == nil {
            do throws(ExceptionInfo) {
                try attempt.remove()
            } catch {
                return RunReport(.failed(error))
            }
            context.goesOn()
            return await run(context)
        }
        return await collect(attempt, context)
    }

    private func supervise(_ shim: RunningShim, _ context: JobContext) async {
        let insistence = Insistence(attempt: shim.attempt) {
            try? await context.clock.sleep(for: context.grace + Self.patience)
            var (wasStopped, looks) = (false, 0)
            while !Task.isCancelled {
                // One that cannot be asked was sent a signal instead, which the grace was for; and one that is still there after
                // all has not heard, as when another file has the name of its FIFO.
                let isStopped = shim.attempt.isShimStopped
                let isDeaf = wasStopped && isStopped || !shim.attempt.hasControl || looks >= Self.mostLooks
                if isDeaf { await end(deaf: shim.attempt, context) }
                shim.attempt.wakeShim()
                (wasStopped, looks) = (isStopped, looks + 1)
                try? await context.clock.sleep(for: .seconds(1))
            }
        }
        let listener = Task { for await _ in context.cancelRequests { insistence.heardRequest() } }
        await withTaskCancellationHandler {
            await shim.ended(executor.waiter, goesOn: context.goesOn, report: context.report)
        } onCancel: {
            insistence.taskWasCancelled()
        }
        listener.cancel()
        await listener.value
        await insistence.end()
    }

    /// How long after the grace a shim may still be at work, before it is looked at.
    private static let patience = Duration.seconds(2)
    /// How often it is looked at, once a second, before it has to end whatever it does.
    private static let mostLooks = 10

    /// Ends a command that keeps its shim from hearing what it is asked, and with it the shim.
    private func end(deaf attempt: AttemptDirectory, _ context: JobContext) async {
        // What cannot be started now is tried again in a second.
        try? await Recovery(attempt: attempt, environment: variables(context)).run(by: executor)
    }

    private func collect(_ attempt: AttemptDirectory, _ context: JobContext) async -> RunReport? {
        let record = ExitRecord(in: attempt)
        if record?.isTreeGone != true {
            guard attempt.hasStarted, attempt.isOfThisBoot else {
                return record.map { CommandEnding(job: job, record: $0, attempt: attempt, context: context).report }
            }
            do throws(ExceptionInfo) {
                try await Recovery(attempt: attempt, environment: variables(context)).run(by: executor)
            } catch {
                let reason = "its shim was killed, and what it left could not be ended: \(error.message)"
                return RunReport(.failed(.lost(reason)))
            }
        }
        guard let record else {
            return RunReport(.failed(.lost("its shim was killed; how the command ended is not known")))
        }
        return CommandEnding(job: job, record: record, attempt: attempt, context: context).report
    }
}

// MARK: - Starting

extension CommandHandler {
    private func launch(_ context: JobContext) -> Launch {
        let input: Launch.Input =
            switch (job.standardInput, job.keepsInputOpen) {
            case (let text, true): .open(text ?? "")
            case (let text?, false): .text(text)
            case (nil, false): .empty
            }
        return Launch(
            arguments: job.arguments, environment: variables(context), workingDirectory: job.directory(context),
            grace: context.grace, input: input, limits: job.limits, niceness: job.niceness)
    }

    private func variables(_ context: JobContext) -> [String: String] {
        let own = [
            "TASK_ID": context.taskID.description, "TASK_NAME": context.name, "TASK_ATTEMPT": String(context.attempt),
            "TASK_PROGRESS_FD": "3", "TASKD_SOCKET": executor.socket,
        ]
        return executor.environment.merging(job.environment) { _, given in given }.merging(own) { _, own in own }
    }
}

extension CommandJob {
    /// Where the command runs.
    func directory(_ context: JobContext) -> String {
        workingDirectory.map(context.absolutePath) ?? context.directory
    }
}

extension ExceptionInfo {
    /// The shim of an attempt ended before it let the command begin.
    fileprivate static func neverBegan(in attempt: AttemptDirectory) -> ExceptionInfo {
        .internalError("the shim ended before the command began: it was killed, or could not write to \(attempt.path)")
    }

    /// The fate of an attempt cannot be proven; `reason` says what is known.
    static func lost(_ reason: String) -> ExceptionInfo {
        ExceptionInfo(type: "Lost", message: reason)
    }
}

/// Turns cancel requests into orders to the shim: one for each request, although the first one reaches the handler twice,
/// as the cancellation of its task and as an element of the stream. With the first one a task begins that looks after what
/// comes of it.
private final class Insistence: Sendable {
    private struct State {
        var hasAsked = false
        var hasHeard = false
        var follower: Task<Void, Never>?
    }

    private let attempt: AttemptDirectory
    private let followUp: @Sendable () async -> Void
    private let state = Mutex(State())

    init(attempt: AttemptDirectory, followUp: @escaping @Sendable () async -> Void) {
        self.attempt = attempt
        self.followUp = followUp
    }

    func taskWasCancelled() {
        let isNews = state.withLock { state in
            defer { state.hasAsked = true }
            return !state.hasAsked
        }
        if isNews { insist() }
    }

    func heardRequest() {
        let isNews = state.withLock { state in
            defer { (state.hasAsked, state.hasHeard) = (true, true) }
            return !state.hasAsked || state.hasHeard
        }
        if isNews { insist() }
    }

    private func insist() {
        attempt.send(.terminate)
        let followUp = followUp
        state.withLock { state in
            guard state.follower == nil else { return }
            state.follower = Task { await followUp() }
        }
    }

    /// The shim has ended; to be called when nobody asks any more.
    func end() async {
        let follower = state.withLock(\.follower)
        follower?.cancel()
        await follower?.value
    }
}
