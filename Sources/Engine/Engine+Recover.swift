internal import Jobs
internal import Model
internal import Store
internal import Synchronization

extension Engine {
    /// Takes up what an earlier daemon left: composites go on from their members' stored states, commands that outlived it
    /// are adopted, other running tasks end as interrupted or run again, and hooks that had not run will.
    ///
    /// To be called once, before ``run()``.
    /// - Throws: ``StoreError`` when the store cannot be read or written.
    package func recover() async throws {
        try await setForeignOutputAside()
        try await noteMeasures()
        usage.begin(with: try await store.unfinishedByOwner())
        let running = try await store.runningTasks()
        let hooks = try await store.tasksWithPendingHooks()
        pendingAdoptions.begin(with: running.filter { !$0.kind.isComposite }.map(\.id) + hooks)
        // A composite may ask members to end that are not taken up yet.
        await live.claiming { await takeUp(running) }
        for record in running where record.kind.isCommand {
            metrics.adopted(record)
            adoptions.add(1, ordering: .relaxed)
        }
        try await settleLeftovers()
        for record in try await store.compositesToCancel() {
            try await cancelMembers(
                of: record.id, attemptsBefore: .max, message: record.cancelMessage, insisting: false)
        }
        for record in try await store.compositesToDrain() {
            if case .composite(let composite)? = (try? Job(json: record.job))?.action {
                launchDrain(of: record, composite)
            } else {
                settle(try await abandonMembers(of: record))
            }
        }
    }

    /// Goes on with the tasks that ran: composites first, so that they are there when their members end.
    private func takeUp(_ running: [TaskRecord]) async {
        for record in running where record.kind.isComposite { launch(record, .resumed) }
        let others = running.filter { !$0.kind.isComposite }
        let ended = await endWhatHasEnded(others)
        let left = others.filter { !ended.contains($0.id) }
        await restorePauses(of: left)
        for record in left { launch(record, .resumed) }
    }

    /// Has the commands that still run stand still or go on as is noted of them.
    private func restorePauses(of tasks: [TaskRecord]) async {
        await runBlocking { [directories = configuration.directories] _ in
            for record in tasks where record.kind.isCommand {
                directories.attempt(of: record).restore(isPaused: record.paused)
            }
        }
    }

    /// Takes up the commands that have ended meanwhile, one after another in the order in which they did: composites go by it,
    /// and what still runs comes later.
    ///
    /// - Returns: those that were taken up.
    private func endWhatHasEnded(_ tasks: [TaskRecord]) async -> Set<TaskID> {
        let ended = await runBlocking { [directories = configuration.directories] _ in
            tasks.filter(\.kind.isCommand).compactMap { record in
                directories.attempt(of: record).endedAt.map { (record: record, at: $0) }
            }
        }
        for (record, _) in ended.sorted(by: { ($0.at, $0.record.id) < ($1.at, $1.record.id) }) {
            launch(record, .resumed)
            await pendingAdoptions.waitUntilSettled(record.id)
        }
        return Set(ended.map(\.record.id))
    }

    /// Cancels the members of a composite whose job cannot be read, as after an upgrade that is stricter: nobody knows when to
    /// let them go.
    ///
    /// - Returns: those that ended by it.
    func abandonMembers(of composite: TaskRecord) async throws -> [TaskRecord] {
        let reason = "the job of its \(composite.kind.rawValue) \(composite.id) cannot be read"
        var ended: [TaskRecord] = []
        var mayBeMore = true
        while mayBeMore {
            let batch = try await store.cancelUnreleased(
                membersOf: composite.id, reason: reason, at: configuration.now())
            ended += batch
            mayBeMore = batch.count >= Store.tasksAtOnce
        }
        return ended
    }
}
