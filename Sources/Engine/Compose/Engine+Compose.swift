internal import Model
internal import Store
internal import Tasks

extension Engine {
    /// Runs a composite: follows its members, does what its rule says, and commits how it ended.
    ///
    /// - Returns: as ``execute(_:_:)``; empty when the daemon stops first.
    func compose(
        _ task: LiveTask, _ job: Job, _ composite: CompositeJob, _ start: Start
    ) async throws -> [TaskRecord] {
        guard let (ending, snapshot) = try await follow(task, job, composite, start) else { return [] }
        let outcome = try await outcome(of: ending, task, job, composite)
        if let ended = try await retry(task, job, outcome) { return ended }
        var answers: [String] = []
        if case .inventory = composite.policy {
            let run = InventoryRun(task.record.job, from: task.record.directory, result: outcome.result)
            answers = run.goodSources.flatMap(\.question.all)
        }
        let ended = try await finish(task, RunReport(outcome), answers: answers)
        // A request that was taken while it was being ended has to reach its members all the same.
        if let record = ended.first, record.cancelRequests > (record.timedOut ? 1 : 0) {
            try await cancelMembers(of: task, insisting: false)
        }
        if !snapshot.tally.unreleased.isEmpty { task.heldBack = composite }
        return ended
    }

    /// Puts a composite that failed and has tries left back into its queue, with new members.
    ///
    /// - Returns: the members that ended by it; `nil` when it is not tried again.
    private func retry(_ task: LiveTask, _ job: Job, _ outcome: Outcome) async throws -> [TaskRecord]? {
        let now = configuration.now()
        guard case .failed(let exception) = outcome, let wakeAt = nextTry(of: task, job, after: outcome, now),
            let ended = try await store.requeueComposite(
                task.record.id, job, after: exception, wakeAt: wakeAt > now ? wakeAt : nil, at: now)
        else { return nil }
        usage.add(job.taskCount - 1, of: task.record.submittedBy)
        metrics.submitted(job.members)
        alarm.signal()
        advanceParents(of: task.record, by: -task.fraction)
        return ended
    }

    /// Follows the members until the rule ends the composite.
    ///
    /// - Returns: how it ends and how the members then stand; `nil` when the daemon stops first.
    private func follow(
        _ task: LiveTask, _ job: Job, _ composite: CompositeJob, _ start: Start
    ) async throws -> (CompositeRule.Conclusion, MemberSnapshot)? {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if let timeout = job.timeout {
                group.addTask {
                    await self.expire(task, after: timeout) {
                        if start == .resumed { await self.waitForAdopted(task.record.id) }
                    }
                }
            }
            return try await advance(task, job, composite, start)
        }
    }

    /// Does what the rule says, step by step, until it ends the composite; returns as ``follow(_:_:_:_:)``.
    private func advance(
        _ task: LiveTask, _ job: Job, _ composite: CompositeJob, _ start: Start
    ) async throws -> (CompositeRule.Conclusion, MemberSnapshot)? {
        var snapshot = try await store.members(of: task.record.id)
        begin(snapshot, of: task)
        let rule = CompositeRule(composite)
        var signals = task.signals.makeAsyncIterator()
        // How often the composite had been asked to end when it last passed that on: each request insists.
        var passedOn: Int?
        // The same for what earlier attempts have left.
        var toldEarlier: Int?
        var hadWinner: Bool?
        while true {
            // With a timeout of zero it was asked before it began, and lets no member go.
            let asked = task.timesAsked + (job.timeout == .zero ? 1 : 0)
            if composite.policy == .race, asked > 0, hadWinner == nil {
                hadWinner = try await store.hadWinner(task.record.id)
            }
            let isCancelled = asked > 0 && hadWinner != true
            if task.requests > 0, task.requests != toldEarlier {
                try await cancelEarlierMembers(
                    of: task.record, before: task.record.attempt, insisting: toldEarlier != nil)
                toldEarlier = task.requests
            }
            if task.isTimedOut, !task.record.timedOut, task.requests == 0, passedOn == nil {
                // Members that ended before count, though their signals are still on their way.
                let ending = try await ending(
                    of: task, rule, &snapshot, isCancelled: false, membersWereCancelled: false)
                if let ending { return (ending, snapshot) }
            }
            switch rule.step(snapshot.tally, isCancelled: isCancelled, membersWereCancelled: passedOn == asked) {
            case .finish:
                // Signals of members that ended in one commit may come in any order.
                let ending = try await ending(
                    of: task, rule, &snapshot, isCancelled: isCancelled, membersWereCancelled: true)
                if let ending { return (ending, snapshot) }
            case .release(let count):
                guard try await release(count, of: task.record, &snapshot) < count else { continue }
                // A member has ended by itself meanwhile, and the signal of that is on its way.
                guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return nil }
            case .cancelMembers:
                // A daemon before this one may have asked them: those it reached have been told by now.
                try await cancelMembers(of: task, insisting: passedOn != nil || start == .fresh)
                passedOn = asked
            case .wait:
                guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return nil }
            }
        }
    }

    /// How `rule` ends the composite as its members now stand in the store; `nil` when it does not yet.
    private func ending(
        of task: LiveTask, _ rule: CompositeRule, _ snapshot: inout MemberSnapshot, isCancelled: Bool,
        membersWereCancelled: Bool
    ) async throws -> CompositeRule.Conclusion? {
        snapshot = try await store.members(of: task.record.id)
        let step = rule.step(
            snapshot.tally, isCancelled: isCancelled, membersWereCancelled: membersWereCancelled)
        guard case .finish(let ending) = step else { return nil }
        return ending
    }

    /// Returns when what ended below a composite while there was no daemon has been taken in: its deadline may have passed
    /// meanwhile, and comes after that.
    private func waitForAdopted(_ composite: TaskID) async {
        do {
            try await waitForWhatEnds(below: composite)
        } catch is CancellationError {
            // It has ended, or the daemon stops.
        } catch {
            failures.continuation.yield(error)
        }
    }

    /// Waits for the tasks below a composite that have ended already, and for the composites that, as their members stand,
    /// end now.
    private func waitForWhatEnds(below composite: TaskID) async throws {
        for member in try await store.runningMembers(of: composite) {
            // One whose job cannot be read ends at once.
            guard case .composite(let inner)? = (try? Job(json: member.job))?.action else {
                await pendingAdoptions.waitUntilSettled(member.id)
                continue
            }
            try await waitForWhatEnds(below: member.id)
            let tally = try await store.members(of: member.id).tally
            let step = CompositeRule(inner).step(tally, isCancelled: false, membersWereCancelled: false)
            if case .finish = step { await live[member.id]?.ended() }
        }
    }

    private func begin(_ snapshot: MemberSnapshot, of task: LiveTask) {
        let (tally, fractions) = (snapshot.tally, snapshot.fractions)
        let members = LiveTask.MemberProgress(
            completed: tally.done, total: tally.total, fractions: fractions, sequence: snapshot.sequence)
        note(task.beginMembers(members), of: task)
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

    /// Lets up to `count` more members go, and returns how many went.
    private func release(_ count: Int, of record: TaskRecord, _ snapshot: inout MemberSnapshot) async throws -> Int {
        let released = try await store.release(
            membersOf: record.id, from: snapshot.tally.unreleased.first, limit: count, at: configuration.now())
        for member in released {
            snapshot.open[member.id] = member.shield
            snapshot.tally.release(member.id, shield: member.shield)
        }
        readiness.signal()
        alarm.signal()
        return released.count
    }

    private func cancelMembers(of task: LiveTask, insisting: Bool) async throws {
        // The timeout is only noted when nobody has asked before; one of zero has passed before anybody could.
        let hasTimedOut = task.isTimedOut || task.record.timeout == .zero
        let message = hasTimedOut ? "its \(task.record.kind.rawValue) timed out" : task.cancelMessage
        try await cancelMembers(of: task.record.id, message: message, insisting: insisting)
    }
}

// MARK: - How it ends

extension Engine {
    private func outcome(
        of ending: CompositeRule.Conclusion, _ task: LiveTask, _ job: Job, _ composite: CompositeJob
    ) async throws -> Outcome {
        switch ending {
        case .results:
            if case .inventory(let policy) = composite.policy {
                return try await inventoryOutcome(of: task.record, policy)
            }
            let outcomes = try await store.outcomes(
                ofMembersOf: task.record.id, within: CompositeResult.maximumSize)
            return CompositeResult.outcome(of: outcomes, merge: composite.merge)
        case .member(let id):
            guard let member = try await store.task(id), let outcome = member.outcome else {
                preconditionFailure("a composite ends as a member that is not done")
            }
            return outcome
        case .exceptionGroup: return .failed(.group(try await store.failures(ofMembersOf: task.record.id)))
        case .cancelled:
            if let timeout = job.timeout, task.isTimedOut || timeout == .zero {
                return .failed(.timeout(after: timeout))
            }
            return .cancelled(.cancelled(task.cancelMessage))
        }
    }
}

extension TaskRecord {
    /// How the task ended, or `nil` when it has not.
    var outcome: Outcome? { Outcome(state: state, result: result, exception: exception) }
}

// MARK: - Members that outlive their composite

extension Engine {
    /// Goes on letting members go when their composite has ended before them, at most `max_running` at once.
    func launchDrain(of record: TaskRecord, _ composite: CompositeJob) {
        let task = LiveTask(record)
        live.insert(task)
        let handle = registry.spawn(name: "\(record.name): remaining members") { try await self.drain(task, composite) }
        task.run(as: handle)
        handle.onDone { [self] handle in
            _ = live.remove(task)
            if let failure = try handle.error() { failures.continuation.yield(failure) }
        }
    }

    private func drain(_ task: LiveTask, _ composite: CompositeJob) async throws -> [TaskRecord] {
        var snapshot = try await store.members(of: task.record.id)
        // With exceptions as values the rule never ends it early: only the number running decides.
        let rule = CompositeRule(policy: .gather(returnExceptions: true), maximumRunning: composite.maximumRunning)
        var signals = task.signals.makeAsyncIterator()
        while !snapshot.tally.unreleased.isEmpty {
            switch rule.step(snapshot.tally, isCancelled: false, membersWereCancelled: false) {
            case .release(let count):
                guard try await release(count, of: task.record, &snapshot) < count else { continue }
                guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return [] }
            case .wait:
                guard let signal = await signals.next(), apply(signal, to: &snapshot, task) else { return [] }
            case .cancelMembers, .finish: return []
            }
        }
        return []
    }
}
