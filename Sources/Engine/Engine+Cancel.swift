package import Model
internal import Store

extension Engine {
    /// Asks a task to end. One that has not started never will; one that runs ends when it really has.
    ///
    /// - Parameter force: whether a shield gives way.
    /// - Returns: whether the request was taken, which it is not when the task is done, and the task as it now is.
    /// - Throws: ``EngineError`` when there is no such task, or it is shielded and `force` is not given.
    package func cancel(
        _ id: TaskID, message: String?, force: Bool
    ) async throws -> (isTaken: Bool, task: TaskRecord) {
        switch try await store.cancel(id, message: message, force: force, at: configuration.now()) {
        case .unknown: throw EngineError.unknownTask(id)
        case .alreadyDone(let record): return (false, record)
        case .shielded:
            throw EngineError(
                code: .wrongState, message: "task \(id) is shielded; cancel it with force if you mean it")
        case .requested(let record):
            live.cancel(record, message: record.cancelMessage)
            return (true, record)
        case .ended(let tasks):
            settle(tasks)
            do {
                try await cancelMembers(ofEnded: tasks)
            } catch {
                // What was asked for is committed all the same; the next daemon cancels what is left.
                failures.continuation.yield(error)
            }
            guard let record = tasks.first else { throw EngineError.unknownTask(id) }
            return (true, record)
        }
    }

    /// Cancels what still runs of composites that were cancelled between two attempts.
    func cancelMembers(ofEnded tasks: [TaskRecord]) async throws {
        for task in tasks {
            try await cancelEarlierMembers(of: task, before: task.attempt + 1, insisting: false)
        }
    }

    /// Cancels the members of a composite that its attempts before `attempt` have left to run to their end.
    func cancelEarlierMembers(of composite: TaskRecord, before attempt: Int, insisting: Bool) async throws {
        guard composite.kind.isComposite, attempt > 1 else { return }
        let message = live[composite.id]?.cancelMessage ?? composite.cancelMessage
        try await cancelMembers(of: composite.id, attemptsBefore: attempt, message: message, insisting: insisting)
    }

    /// Cancels members of a composite, those of its latest attempt or of those before one, and what is below them.
    func cancelMembers(
        of composite: TaskID, attemptsBefore attempt: Int? = nil, message: String?, insisting: Bool
    ) async throws {
        var end: TaskID?
        repeat {
            let batch = try await store.cancelMembers(
                of: composite, attemptsBefore: attempt, before: end, message: message, insisting: insisting,
                at: configuration.now())
            for task in batch.running { live.cancel(task, message: task.cancelMessage) }
            settle(batch.ended)
            try await cancelMembers(ofEnded: batch.ended)
            end = batch.end
        } while end != nil
    }

    /// Does what the commits that ended tasks have left to do for those that waited for them. Nobody who ends a task waits for
    /// it: what was committed is told at once.
    func leftoversLoop() async throws {
        for await _ in leftovers.signals { try await settleLeftovers() }
    }

    /// Lets go what waits for nothing more, and ends what cannot run any more.
    func settleLeftovers() async throws {
        try await reopenSatisfied()
        try await endDoomed()
    }

    /// Lets go what waits for tasks that have succeeded, a thousand at a time, as ``endDoomed()``.
    private func reopenSatisfied() async throws {
        while case var satisfied = try await store.satisfied()[...], !satisfied.isEmpty {
            while !satisfied.isEmpty {
                guard !isStopping else { return }
                try await store.reopen(satisfied.prefix(Store.tasksAtOnce), at: configuration.now())
                satisfied = satisfied.dropFirst(Store.tasksAtOnce)
                readiness.signal()
            }
        }
    }

    /// Ends what cannot run any more, a thousand tasks at a time, so that nobody who writes waits long behind it. What a stop
    /// leaves of it is the next daemon's.
    private func endDoomed() async throws {
        while case var doomed = try await store.doomed()[...], !doomed.isEmpty {
            while !doomed.isEmpty {
                guard !isStopping else { return }
                settle(try await store.end(doomed.prefix(Store.tasksAtOnce), at: configuration.now()))
                doomed = doomed.dropFirst(Store.tasksAtOnce)
            }
        }
    }
}
