internal import Jobs
internal import Model
internal import Store

extension Engine {
    /// Runs one try of a task and commits what came of it.
    ///
    /// - Returns: every task that ended by it, the task itself first; empty when it goes back to its queue, or when a
    ///   composite is left for the next daemon.
    /// - Throws: ``StoreError`` when the outcome cannot be committed.
    func execute(_ task: LiveTask, _ start: Start) async throws -> [TaskRecord] {
        let job: Job
        do {
            job = try Job(json: task.record.job)
        } catch {
            let exception = ExceptionInfo.internalError("its job cannot be read: \(error)")
            return try await store.finish(task.record.id, RunReport(.failed(exception)), at: configuration.now())
        }
        if case .composite(let composite) = job.action { return try await compose(task, job, composite) }
        return try await commit(perform(task, job, start), of: task, job)
    }

    private func perform(_ task: LiveTask, _ job: Job, _ start: Start) async -> RunReport {
        // A timeout of zero means that the body never runs, as `asyncio.wait_for` has it.
        if job.timeout == .zero { return RunReport(.failed(.timeout(after: .zero))) }
        let handler = configuration.handler(job)
        let context = context(of: task, job)
        return await supervise(task, job) {
            switch start {
            case .fresh: return await handler.run(context)
            case .resumed: return await handler.resume(context) ?? RunReport(.failed(.interrupted))
            }
        }
    }

    private func context(of task: LiveTask, _ job: Job) -> JobContext {
        JobContext(
            taskID: task.record.id, name: task.record.name, attempt: task.record.attempt,
            directory: task.record.directory ?? configuration.directory, grace: job.grace, clock: configuration.clock,
            cancelRequests: task.cancelRequests, report: { self.report($0, of: task) })
    }

    /// Does `work`, and cancels it when the task is asked to end or its timeout passes; returns when it really has ended.
    private func supervise(
        _ task: LiveTask, _ job: Job, _ work: @escaping @Sendable () async -> RunReport
    ) async -> RunReport {
        await withTaskGroup(of: RunReport?.self) { group in
            group.addTask { await work() }
            group.addTask {
                for await signal in task.signals {
                    if case .memberEnded = signal { continue }
                    return nil
                }
                return nil
            }
            if let timeout = job.timeout { group.addTask { await self.expire(task, after: timeout) } }
            for await report in group {
                guard let report else {
                    group.cancelAll()
                    continue
                }
                group.cancelAll()
                return report
            }
            preconditionFailure("the work of a task always reports")
        }
    }

    /// Waits until the timeout of a running task has passed, and then asks it to end.
    func expire(_ task: LiveTask, after timeout: Duration) async -> RunReport? {
        let passed = task.record.startedAt.map { configuration.now() - $0 } ?? .zero
        do {
            try await configuration.clock.sleep(for: max(timeout - passed, .zero))
            if try await store.expire(task.record.id, at: configuration.now()) { task.expire() }
        } catch is CancellationError {
            return nil
        } catch {
            failures.continuation.yield(error)
        }
        return nil
    }

    /// Commits how a try ended: as it did, as a timeout, or as one try of several.
    private func commit(_ report: RunReport, of task: LiveTask, _ job: Job) async throws -> [TaskRecord] {
        let now = configuration.now()
        let outcome = outcome(report.outcome, of: task, job)
        if case .failed(let exception) = outcome, let wakeAt = nextTry(of: task, job, after: exception, now) {
            try await store.requeue(
                task.record.id, after: exception, detail: report.detail, wakeAt: wakeAt > now ? wakeAt : nil, at: now)
            // The next try begins at nothing, in the composites above it too.
            advanceParents(of: task.record, by: -task.fraction, completed: 0)
            return []
        }
        return try await store.finish(task.record.id, RunReport(outcome, detail: report.detail), at: now)
    }

    private func outcome(_ outcome: Outcome, of task: LiveTask, _ job: Job) -> Outcome {
        guard case .cancelled(let exception) = outcome else { return outcome }
        if task.isTimedOut, let timeout = job.timeout { return .failed(.timeout(after: timeout)) }
        if task.isStopped && !task.isCancelled { return .failed(.interrupted) }
        return .cancelled(exception.message.isEmpty ? .cancelled(task.cancelMessage) : exception)
    }

    /// When a task that failed is tried again, or `nil` when it is not.
    private func nextTry(of task: LiveTask, _ job: Job, after exception: ExceptionInfo, _ now: Timestamp) -> Timestamp?
    {
        if exception == .interrupted { return job.onInterrupt == .rerun && !task.isCancelled ? now : nil }
        let wasAsked = task.isCancelled && !task.isTimedOut
        guard !wasAsked, task.record.attempt < job.retry.attempts else { return nil }
        return now + job.retry.rest(afterAttempt: task.record.attempt, chance: configuration.chance())
    }
}
