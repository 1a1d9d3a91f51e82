internal import Logging
internal import Model
internal import Store
internal import Synchronization
internal import Tasks

extension Engine {
    /// How a task comes to run.
    enum Start: Sendable {
        /// Its try begins.
        case fresh
        /// Its try began under an earlier daemon.
        case resumed
    }

    func scheduleLoop() async throws {
        for await _ in readiness.signals {
            let waiting = takePulses()
            // A stop finds it begun, or it finds that there is a stop.
            let round = claims.withLock { claims in
                let round = Task { try await startReady() }
                claims = round
                return round
            }
            // Never cancelled halfway: what was claimed has to be launched.
            try await round.value
            for pulse in waiting { pulse.finish() }
        }
    }

    /// Starts what is ready while there are slots.
    private func startReady() async throws {
        var mayBeMore = true
        while mayBeMore && !isStopping && mayStart() {
            try await live.claiming {
                let running = live.running
                let free = configuration.maximumRunning - running.values.reduce(0, +)
                let startableTasks = store.startableTasks
                let userSlots = usage.availableSlots(running: live.runningByOwner)
                let claimed = try await store.claim(
                    limit: min(free, startableTasks), running: running, userSlots: userSlots, at: configuration.now())
                for record in claimed.composites + claimed.tasks { launch(record, .fresh) }
                mayBeMore = claimed.composites.count == Store.compositesAtOnce
                if startableTasks < free && claimed.tasks.count == startableTasks { shortage.signal() }
            }
        }
    }

    /// Runs a task that the store says is running: the strong reference, and what its end sets off. The attempt before may
    /// still be on its way out.
    func launch(_ record: TaskRecord, _ start: Start) {
        if start == .fresh { metrics.started(record) }
        log(start == .fresh ? "task started" : "task taken up", record)
        let task = LiveTask(record)
        live.insert(task)
        let handle = registry.spawn(name: record.name) { try await self.execute(task, start) }
        task.run(as: handle)
        handle.onDone { [self] handle in
            // Whatever came of it: who waits for this waits for no particular end.
            defer { pendingAdoptions.settle(record.id) }
            announce(try handle.result())
        }
        handle.onDone { [self] handle in
            // One that goes back to its queue has kept its slot until now.
            if live.remove(task) { readiness.signal() }
            if let composite = task.heldBack, !isStopping { launchDrain(of: record, composite) }
            if let failure = try handle.error() { failures.continuation.yield(failure) }
        }
    }

    /// What the end of tasks sets off that never ran.
    func settle(_ ended: [TaskRecord]) {
        announce(ended)
        if !ended.isEmpty { readiness.signal() }
    }

    private func announce(_ ended: [TaskRecord]) {
        for task in ended {
            publish(task)
            tellParent(of: task)
            queueHook(of: task)
        }
        // Their commit may not have got to all that it leaves to do.
        if ended.count >= Store.tasksAtOnce { leftovers.signal() }
    }

    private func publish(_ ended: TaskRecord) {
        usage.add(-1, of: ended.submittedBy)
        metrics.ended(ended)
        log("task ended", ended)
        completions.publish(ended)
    }

    func log(_ message: String, _ task: TaskRecord) {
        configuration.logger.debug(
            "\(message)",
            metadata: [
                "task_id": "\(task.id)", "name": "\(task.name)", "kind": "\(task.kind.rawValue)",
                "state": "\(task.state.rawValue)", "attempt": "\(task.attempt)",
            ])
    }

    private func tellParent(of ended: TaskRecord) {
        let rest = ended.state == .succeeded ? 1 - (live[ended.id]?.fraction ?? 0) : 0
        advanceParents(of: ended, by: rest, end: ended.doneSequence)
        guard let parent = live.parent(of: ended), let sequence = ended.doneSequence else { return }
        parent.memberEnded(MemberTally.Finished(id: ended.id, state: ended.state), sequence: sequence)
    }

    private func queueHook(of ended: TaskRecord) {
        if ended.job["on_done"] != nil { hooksPending.signal() }
    }
}

// MARK: - Time

extension Engine {
    /// Wakes sleeping tasks when their time comes.
    func alarmLoop() async throws {
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        var steps = ClockSteps(configuration)
        var last = try await store.lastSequence()
        for await _ in alarm.signals {
            timer?.cancel()
            guard mayStart() else { continue }
            if let step = steps.take() { try await keepDurations(step, toldBy: last) }
            var mayBeMore = true
            while mayBeMore && !isStopping {
                mayBeMore = try await store.wake(at: configuration.now())
                readiness.signal()
            }
            let next = try await store.nextWake()
            last = try await store.lastSequence()
            guard let next else { continue }
            // A task of its own, and not a child beside the signal: a stream whose reader is cancelled ends for good.
            timer = Task { [alarm, configuration] in
                do {
                    // Instants are cut to milliseconds: one more makes sure that the moment has passed.
                    let rest = max(next - configuration.now(), .zero) + .milliseconds(1)
                    try await configuration.clock.sleep(for: rest)
                    alarm.signal()
                } catch {
                    // Overtaken by another signal.
                }
            }
        }
    }

    /// Has whoever was told how long to sleep sleep that long, although the clock was set.
    private func keepDurations(_ step: Duration, toldBy sequence: Int64) async throws {
        configuration.warn(
            "the clock was set by \(step.components.seconds) s: delays and rests last as long as they were to")
        var left = try await store.sleepers(toldBy: sequence)[...]
        while !left.isEmpty {
            try await store.moveSleepers(Array(left.prefix(Store.sleepersAtOnce)), by: step)
            left = left.dropFirst(Store.sleepersAtOnce)
        }
    }

    /// Looks at once when somebody may have set the clock.
    func clockLoop() async {
        for await _ in configuration.clockSteps { alarm.signal() }
    }
}
