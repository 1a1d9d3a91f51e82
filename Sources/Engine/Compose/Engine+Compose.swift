internal import Model
internal import Store
internal import Tasks

extension Engine {
    /// Runs a composite: follows its members, does what its rule says, and commits how it ended.
    ///
    /// - Returns: as ``execute(_:_:)``; empty when the daemon stops first.
    func compose(_ task: LiveTask, _ job: Job, _ composite: CompositeJob) async throws -> [TaskRecord] {
        guard let (ending, snapshot) = try await follow(task, job, composite) else { return [] }
        let outcome = try await outcome(of: ending, task, job, composite)
        let ended = try await store.finish(task.record.id, RunReport(outcome), at: configuration.now())
        if snapshot.tally.unreleased > 0 { task.heldBack = composite }
        return ended
    }

    /// Follows the members until the rule ends the composite.
    ///
    /// - Returns: how it ends and how the members then stand; `nil` when the daemon stops first.
    private func follow(
        _ task: LiveTask, _ job: Job, _ composite: CompositeJob
    ) async throws -> (CompositeRule.Ending, MemberSnapshot)? {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if let timeout = job.timeout {
                group.addTask { _ = await self.expire(task, after: timeout) }
            }
            var snapshot = try await store.members(of: task.record.id)
            begin(snapshot, of: task)
            let rule = CompositeRule(composite)
            var signals = task.signals.makeAsyncIterator()
            var membersWereCancelled = false
            while true {
                let step = rule.step(
                    snapshot.tally, isCancelled: task.isCancelled, membersWereCancelled: membersWereCancelled)
                switch step {
                case .finish(let ending): return (ending, snapshot)
                case .release(let count): try await release(count, of: task.record, &snapshot)
                case .cancelMembers:
                    try await cancelMembers(of: task)
                    membersWereCancelled = true
                case .wait:
                    guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return nil }
                }
            }
        }
    }

    private func begin(_ snapshot: MemberSnapshot, of task: LiveTask) {
        let (tally, fractions) = (snapshot.tally, snapshot.fractions)
        let members = LiveTask.MemberProgress(completed: tally.done, total: tally.total, fractions: fractions)
        task.beginMembers(members)
        report(members.progress, of: task)
    }

    /// Takes a signal in; `false` when the daemon stops.
    private func apply(_ signal: LiveTask.Signal, to snapshot: inout MemberSnapshot, _ task: LiveTask) -> Bool {
        switch signal {
        case .stop: return false
        case .cancel: return true
        case .memberEnded(let member, let sequence):
            // What the snapshot has counted already is told again when it ended while the snapshot was being read.
            guard sequence > snapshot.sequence else { return true }
            snapshot.tally.finish(member, shield: snapshot.open.removeValue(forKey: member.id))
            return true
        }
    }

    private func release(_ count: Int, of record: TaskRecord, _ snapshot: inout MemberSnapshot) async throws {
        let released = try await store.release(
            membersOf: record.id, from: snapshot.firstUnreleased, limit: count, at: configuration.now())
        for member in released {
            snapshot.open[member.id] = member.shield
            snapshot.tally.release(shield: member.shield)
        }
        snapshot.firstUnreleased = released.last.map { TaskID($0.id.number + 1) } ?? snapshot.firstUnreleased
        readiness.ring()
        alarm.ring()
    }

    private func cancelMembers(of task: LiveTask) async throws {
        let message = task.cancelMessage ?? (task.isTimedOut ? "its \(task.record.kind.rawValue) timed out" : nil)
        let (ended, running) = try await store.cancelMembers(
            of: task.record.id, message: message, at: configuration.now())
        for id in running { live.cancel(id, message: message) }
        settle(ended)
    }
}

// MARK: - How it ends

extension Engine {
    private func outcome(
        of ending: CompositeRule.Ending, _ task: LiveTask, _ job: Job, _ composite: CompositeJob
    ) async throws -> Outcome {
        switch ending {
        case .results:
            let outcomes = try await store.outcomes(ofMembersOf: task.record.id)
            return .succeeded(CompositeResult.value(of: outcomes, merge: composite.merge))
        case .member(let id):
            guard let member = try await store.task(id), let outcome = member.outcome else {
                preconditionFailure("a composite ends as a member that is not done")
            }
            return outcome
        case .exceptionGroup: return .failed(.group(try await store.failures(ofMembersOf: task.record.id)))
        case .cancelled:
            if task.isTimedOut, let timeout = job.timeout { return .failed(.timeout(after: timeout)) }
            return .cancelled(.cancelled(task.cancelMessage))
        }
    }
}

extension TaskRecord {
    /// How the task ended, or `nil` when it has not.
    fileprivate var outcome: Outcome? {
        switch state {
        case .held, .queued, .running: nil
        case .succeeded: .succeeded(result ?? .null)
        case .failed: exception.map(Outcome.failed)
        case .cancelled: exception.map(Outcome.cancelled)
        }
    }
}

// MARK: - Members that outlive their composite

extension Engine {
    /// Goes on letting members go when their composite has ended before them, at most `max_running` at once.
    func launchDrain(of record: TaskRecord, _ composite: CompositeJob) {
        let task = LiveTask(record)
        live.insert(task)
        let handle = registry.spawn(name: "\(record.name): remaining members") { try await self.drain(task, composite) }
        handle.onDone { [self] handle in
            live.remove(record.id)
            if let failure = try handle.error() { failures.continuation.yield(failure) }
        }
    }

    private func drain(_ task: LiveTask, _ composite: CompositeJob) async throws -> [TaskRecord] {
        var snapshot = try await store.members(of: task.record.id)
        // With exceptions as values the rule never ends it early: only the number running decides.
        let rule = CompositeRule(policy: .gather(returnExceptions: true), maximumRunning: composite.maximumRunning)
        var signals = task.signals.makeAsyncIterator()
        while snapshot.tally.unreleased > 0 {
            switch rule.step(snapshot.tally, isCancelled: false, membersWereCancelled: false) {
            case .release(let count): try await release(count, of: task.record, &snapshot)
            case .wait:
                guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return [] }
            case .cancelMembers, .finish: return []
            }
        }
        return []
    }
}
