internal import Jobs
internal import Model
internal import Store

extension Engine {
    /// Runs one try of a task and commits what came of it.
    ///
    /// - Returns: every task that ended by it, the task itself first; empty when it goes back to its queue, or when it is
    ///   left for the next daemon.
    /// - Throws: ``StoreError`` when the outcome cannot be committed.
    func execute(_ task: LiveTask, _ start: Start) async throws -> [TaskRecord] {
        let job: Job
        do {
            job = try Job(json: task.record.job)
        } catch {
            let exception = ExceptionInfo.internalError("its job cannot be read: \(error)")
            let ended = try await finish(task, RunReport(.failed(exception)))
            return try await ended + abandonMembers(of: task.record)
        }
        if case .composite(let composite) = job.action { return try await compose(task, job, composite, start) }
        let ending = await AttemptEnd(perform(task, job, start), of: task, job, start)
        // What stopped with this daemon, and not with an earlier one, is the next one's to go on with.
        if case .interrupted = ending, task.isStopped, job.kind.isContinued { return [] }
        return try await commit(ending, of: task, job)
    }

    /// - Returns: what came of the try; `nil` when its daemon went away and took it along.
    private func perform(_ task: LiveTask, _ job: Job, _ start: Start) async -> RunReport? {
        if start == .fresh {
            // A timeout of zero means that the body never runs, as `asyncio.wait_for` has it, and so does a cancel request
            // that comes before the first step.
            if job.timeout == .zero { return RunReport(.failed(.timeout(after: .zero))) }
            if task.isCancelled { return RunReport(.cancelled(.cancelled(nil))) }
        }
        let handler = configuration.handler(job)
        let context = context(of: task, job)
        return await supervise(task, job, start) {
            switch start {
            case .fresh: await handler.run(context)
            case .resumed: await handler.resume(context)
            }
        }
    }

    private func context(of task: LiveTask, _ job: Job) -> JobContext {
        JobContext(
            taskID: task.record.id, name: task.record.name, attempt: task.record.attempt,
            startedAt: task.record.startedAt,
            directory: task.record.directory ?? configuration.directory, history: store.path, grace: job.grace,
            clock: configuration.clock, cancelRequests: task.cancelRequests,
            goesOn: { self.pendingAdoptions.settle(task.record.id) },
            report: { self.report($0, of: task) })
    }

    /// What happens to a task that is supervised.
    private enum Supervised {
        case worked(RunReport?)
        /// It was asked to end, by a request or by its timeout.
        case wasAsked
    }

    /// Does `work`, and cancels it when the task is asked to end or its timeout passes; returns when it really has ended.
    private func supervise(
        _ task: LiveTask, _ job: Job, _ start: Start, _ work: @escaping @Sendable () async -> RunReport?
    ) async -> RunReport? {
        await withTaskGroup(of: Supervised.self) { group in
            group.addTask { .worked(await work()) }
            group.addTask {
                for await signal in task.signals {
                    if case .memberEnded = signal { continue }
                    break
                }
                return .wasAsked
            }
            if let timeout = job.timeout {
                group.addTask {
                    await self.expire(task, after: timeout) {
                        // It may have ended in time, while there was no daemon.
                        if start == .resumed { await self.pendingAdoptions.waitUntilSettled(task.record.id) }
                    }
                    return .wasAsked
                }
            }
            for await event in group {
                group.cancelAll()
                if case .worked(let report) = event { return report }
            }
            preconditionFailure("the work of a task always reports")
        }
    }

    /// Waits until the timeout of a running task has passed, and then asks it to end.
    ///
    /// - Parameter preparing: is called in between.
    func expire(_ task: LiveTask, after timeout: Duration, preparing: () async -> Void) async {
        // It may have begun by a clock that was ahead.
        let passed = task.record.startedAt.map { max(configuration.now() - $0, .zero) } ?? .zero
        do {
            try await configuration.clock.sleep(for: max(timeout - passed, .zero))
            await preparing()
            try Task.checkCancellation()
            if try await store.expire(task.record.id, at: configuration.now()) { task.expire() }
        } catch is CancellationError {
            // It ended in time.
        } catch {
            failures.continuation.yield(error)
        }
    }
}

// MARK: - How a try ends

extension Engine {
    /// How one try of a task ended.
    private enum AttemptEnd {
        case ended(RunReport)
        /// The daemon went away, or goes, and took the try along.
        case interrupted(detail: JSONObject?)

        init(_ report: RunReport?, of task: LiveTask, _ job: Job, _ start: Start) {
            // Who was asked to end, and went away with the daemon, has ended.
            guard let report = report ?? (task.isCancelled ? RunReport(.cancelled(.cancelled(nil))) : nil) else {
                self = .interrupted(detail: nil)
                return
            }
            // Nobody asked for this task: the daemon did, this one or the one before, because it stopped.
            let wasStopped = !task.isCancelled && !task.isTimedOut && (task.isStopped || start == .resumed)
            switch report.outcome {
            case .succeeded: self = .ended(report)
            case .failed:
                self = wasStopped && report.wasAskedToEnd ? .interrupted(detail: report.detail) : .ended(report)
            case .cancelled(let exception):
                if task.isTimedOut, let timeout = job.timeout {
                    self = .ended(report.with(.failed(.timeout(after: timeout))))
                } else if wasStopped {
                    self = .interrupted(detail: report.detail)
                } else {
                    let exception = exception.message.isEmpty ? .cancelled(task.cancelMessage) : exception
                    self = .ended(report.with(.cancelled(exception)))
                }
            }
        }
    }

    /// Commits how a try ended: as it did, or as one try of several.
    private func commit(_ ending: AttemptEnd, of task: LiveTask, _ job: Job) async throws -> [TaskRecord] {
        let now = configuration.now()
        let report: RunReport
        let wakeAt: Timestamp?
        switch ending {
        case .ended(let ended):
            report = ended
            wakeAt = nextTry(of: task, job, after: ended.outcome, now)
        case .interrupted(let detail):
            report = RunReport(.failed(.interrupted), detail: detail)
            wakeAt = job.onInterrupt == .rerun ? now : nil
        }
        if let wakeAt, case .failed(let exception) = report.outcome,
            try await store.requeue(
                task.record.id, after: exception, detail: report.detail, wakeAt: wakeAt > now ? wakeAt : nil, at: now)
        {
            alarm.signal()
            // The next try begins at nothing, in the composites above it too.
            advanceParents(of: task.record, by: -task.fraction)
            return []
        }
        return try await finish(task, report)
    }

    /// Commits the end of a running task. Its slot is asked for again before the commit, which so is often one with the
    /// claim of the next task.
    ///
    /// An outcome may be larger than the room that is kept for the ends of tasks: on a full disk it waits until there is more.
    ///
    /// - Parameter answers: what it is the measure of from now on.
    /// - Returns: every task that ended by it, the task itself first; empty when the daemon stops first.
    func finish(_ task: LiveTask, _ report: RunReport, answers: [String] = []) async throws -> [TaskRecord] {
        let now = configuration.now()
        // Whatever the clock was then, it ended after it began and before now.
        let end = report.endedAt.map { min(max($0, task.record.startedAt ?? $0), now) } ?? now
        var hasWarned = false
        while true {
            do {
                let (ended, leavesWaiting) = try await store.finish(
                    task.record.id, report, progress: task.progress, answers: answers, at: end
                ) {
                    live.vacate(task)
                    readiness.signal()
                }
                if leavesWaiting { leftovers.signal() }
                return ended
            } catch let error as StoreError where error.code == .full {
                if !hasWarned {
                    configuration.warn("task \(task.record.id) cannot end: the disk has no room for how it ended")
                }
                hasWarned = true
                // Who takes up what was left waits for no particular end.
                pendingAdoptions.settle(task.record.id)
                let size = Store.size(of: report.outcome)
                repeat {
                    guard !task.isStopped else { return [] }
                    try await configuration.clock.sleep(for: Self.diskFullRetryInterval)
                } while !store.isFree(size)
            }
        }
    }

    /// When a task is tried again that ended with `outcome`, or `nil` when it is not.
    func nextTry(of task: LiveTask, _ job: Job, after outcome: Outcome, _ now: Timestamp) -> Timestamp? {
        guard case .failed = outcome, task.requests == 0, task.record.attempt < job.retry.attempts else { return nil }
        return now + job.retry.delay(afterAttempt: task.record.attempt, randomness: configuration.randomness())
    }
}
