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
        return await reportWithoutTraces(attempt, context)
    }

    /// Takes over the command of an earlier daemon, reads how it ended meanwhile, or runs it when it provably never ran:
    /// then that daemon died between the claim and the start.
    ///
    /// - Returns: `nil` when the machine was restarted under it, and its outcome is not known to anybody.
    package func resume(_ context: JobContext) async -> RunReport? {
        let attempt = AttemptDirectory(state: executor.state, task: context.taskID, attempt: context.attempt)
        let endedAt = attempt.endedAt
        let traces: AttemptTraces
        do throws(ExceptionInfo) {
            var (wasAdopted, hasStarted) = (false, false)
            if let shim = try await RunningShim.adopting(attempt, context.clock) {
                (wasAdopted, hasStarted) = (true, attempt.hasStarted)
                await supervise(shim, context)
            }
            traces = try await AttemptTraces.read(attempt, context.clock)
            // They were removed while it was waited for, or before.
            if wasAdopted && traces.areNone && (hasStarted || !attempt.isWhole) {
                return await loseWithoutTraces(attempt, context)
            }
        } catch {
            return await lose(attempt, context, because: error.message)
        }
        if executor.isOfSameBoot && traces.areNone { return await begin(attempt, traces, context) }
        var report = await collect(attempt, traces, context)
        report?.endedAt = endedAt
        return report
    }

    /// Runs what has left no traces, unless something of it is found all the same: perhaps they were removed under it, or nobody
    /// can tell.
    private func begin(
        _ attempt: AttemptDirectory, _ traces: AttemptTraces, _ context: JobContext
    ) async -> RunReport? {
        do throws(ExceptionInfo) {
            let isDoubtful = traces.isIdentityReplaced
            if try await supervisor(context).recover(attempt) || isDoubtful {
                let what = isDoubtful ? "\(attempt.identity) cannot be read" : attempt.loss
                return RunReport(.failed(.lost("\(what), and what ran was ended")))
            }
            // It may have ended while it was looked for.
            let traces = try await AttemptTraces.read(attempt, context.clock)
            guard traces.areNone else { return await collect(attempt, traces, context) }
            try attempt.remove()
        } catch {
            return RunReport(.failed(error))
        }
        context.goesOn()
        return await run(context)
    }

    /// The report on a command whose shim ended without traces: it never began, unless files of the attempt were removed or a
    /// process of it is found.
    private func reportWithoutTraces(_ attempt: AttemptDirectory, _ context: JobContext) async -> RunReport {
        guard attempt.isWhole else { return await loseWithoutTraces(attempt, context) }
        do throws(ExceptionInfo) {
            let wasLeft = try await supervisor(context).recover(attempt)
            return RunReport(
                .failed(wasLeft ? .lost("\(attempt.loss), and what ran was ended") : .neverBegan(in: attempt)))
        } catch {
            return RunReport(.failed(.lost("\(attempt.loss), and what it left could not be ended: \(error.message)")))
        }
    }

    private func supervise(_ shim: RunningShim, _ context: JobContext) async {
        await supervisor(context).wait(
            for: shim, requests: context.cancelRequests, goesOn: context.goesOn, report: context.report)
    }

    private func supervisor(_ context: JobContext) -> Supervisor {
        Supervisor(executor: executor, clock: context.clock, grace: context.grace, mark: mark(context))
    }

    private func collect(_ attempt: AttemptDirectory, _ context: JobContext) async -> RunReport? {
        do throws(ExceptionInfo) {
            return await collect(attempt, try await AttemptTraces.read(attempt, context.clock), context)
        } catch {
            return await lose(attempt, context, because: error.message)
        }
    }

    private func collect(
        _ attempt: AttemptDirectory, _ traces: AttemptTraces, _ context: JobContext
    ) async -> RunReport? {
        guard let record = traces.record else {
            guard traces.hasStarted && traces.isOfThisBoot else { return nil }
            return await lose(attempt, context, because: "its shim was killed; how the command ended is not known")
        }
        if !record.isTreeGone {
            do throws(ExceptionInfo) { try await supervisor(context).recover(attempt) } catch {
                let reason = "its shim was killed, and what it left could not be ended: \(error.message)"
                return RunReport(.failed(.lost(reason)))
            }
        }
        return CommandEnding(job: job, record: record, attempt: attempt, context: context).report
    }

    /// Ends what may run of a command that has left no traces.
    private func loseWithoutTraces(_ attempt: AttemptDirectory, _ context: JobContext) async -> RunReport {
        await lose(attempt, context, because: "\(attempt.loss); how the command ended is not known")
    }

    /// Ends what may run of an attempt whose fate cannot be proven; `reason` says why.
    private func lose(
        _ attempt: AttemptDirectory, _ context: JobContext, because reason: String
    ) async -> RunReport {
        do throws(ExceptionInfo) { try await supervisor(context).recover(attempt) } catch {
            return RunReport(.failed(.lost("\(reason), and what it left could not be ended: \(error.message)")))
        }
        return RunReport(.failed(.lost(reason)))
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
            grace: context.grace, input: input, limits: job.limits, niceness: job.niceness,
            mark: mark(context))
    }

    private func variables(_ context: JobContext) -> [ExactText: String] {
        let own: [ExactText: String] = [
            "TASK_ID": context.taskID.description, "TASK_NAME": context.name, "TASK_ATTEMPT": String(context.attempt),
            "TASK_PROGRESS_FD": "3", "TASKD_SOCKET": executor.socket,
        ]
        return executor.environment.merging(job.environment) { _, given in given }
            .merging(own) { _, own in own }
    }

    private func mark(_ context: JobContext) -> UInt64 {
        let attempt = AttemptDirectory(state: executor.state, task: context.taskID, attempt: context.attempt)
        return executor.mark(of: attempt, begunAt: context.startedAt)
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
