internal import Jobs
package import Model
package import Store

extension Engine {
    /// Makes tasks of `jobs`, all or none, and returns them once they are durable.
    ///
    /// - Parameter directory: where relative paths start; `nil` for the daemon's own default.
    /// - Parameter owner: the user whose tasks alone the jobs may run after; `nil` for any task.
    /// - Throws: ``EngineError`` when a job runs after a task nobody knows, when a limit is reached, or when stopping;
    ///   ``StoreError`` when the store fails or refuses more; ``InvalidInput`` when a command is to run in a directory that is
    ///   not there.
    package func submit(
        _ jobs: [Job], directory: String?, by submitter: Submitter?, afterTasksOf owner: UInt32? = nil
    ) async throws -> [Submission] {
        guard !isStopping else { throw EngineError.stopping }
        let directory = directory ?? configuration.directory
        try checkWorkingDirectories(of: jobs, from: directory)
        let reserved: Int
        do {
            reserved = try usage.reserve(jobs, for: submitter)
        } catch {
            // What was made of the same keys before needs no room.
            guard case .limitReached = error.code, let known = try await store.submissions(knownOf: jobs, by: submitter)
            else { throw error }
            return known
        }
        let submissions: [Submission]
        let ended: [TaskRecord]
        do {
            (submissions, ended) = try await store.submit(
                jobs, directory: directory, by: submitter, afterTasksOf: owner, at: configuration.now(),
                whenQueued: { if jobs.contains(where: { !$0.hold }) { readiness.signal() } })
        } catch {
            usage.add(-reserved, of: submitter)
            throw (error as? UnknownTask).map { EngineError.unknownDependency($0, in: jobs) } ?? error
        }
        let known = zip(jobs, submissions).reduce(0) { $0 + ($1.1.isNew ? 0 : $1.0.taskCount) }
        usage.add(-known, of: submitter)
        metrics.submitted(zip(jobs, submissions).filter { $1.isNew }.map(\.0))
        for submission in submissions where submission.isNew { log("task submitted", submission.task) }
        settle(ended)
        if jobs.contains(where: \.startsLater) { alarm.signal() }
        return submissions
    }

    /// Refuses `jobs` where ``submit(_:directory:by:afterTasksOf:)`` would, whatever else there is to do; nothing is stored.
    ///
    /// - Throws: ``EngineError`` when a job runs after a task nobody knows; ``InvalidInput`` when a command is to run in a
    ///   directory that is not there.
    package func check(
        _ jobs: [Job], directory: String?, by submitter: Submitter?, afterTasksOf owner: UInt32? = nil
    ) async throws {
        try checkWorkingDirectories(of: jobs, from: directory ?? configuration.directory)
        do {
            try await store.checkDependencies(of: jobs, by: submitter, afterTasksOf: owner)
        } catch let unknown as UnknownTask {
            throw EngineError.unknownDependency(unknown, in: jobs)
        }
    }

    private func checkWorkingDirectories(of jobs: [Job], from directory: String) throws(InvalidInput) {
        for (index, job) in jobs.enumerated() {
            try job.checkWorkingDirectories(from: directory, path: jobs.count > 1 ? "[\(index)]" : "")
        }
    }

    /// Makes a new task of a done one's job.
    ///
    /// - Throws: ``EngineError`` when there is no such task, when it is not done, or when stopping.
    package func retry(_ id: TaskID, by submitter: Submitter?) async throws -> TaskRecord {
        guard let record = try await store.task(id) else { throw EngineError.unknownTask(id) }
        guard record.isDone else {
            throw EngineError(
                code: .wrongState, message: "task \(id) is \(record.state.rawValue); only a done task is retried")
        }
        let job = try Job(json: record.job).again
        let submissions = try await submit([job], directory: record.directory, by: submitter)
        guard let submission = submissions.first else { preconditionFailure("one job makes one submission") }
        return submission.task
    }

    /// Lets a held task go.
    ///
    /// - Throws: ``EngineError`` when there is no such task or it is not held.
    package func start(_ id: TaskID) async throws -> TaskRecord {
        if let record = try await store.start(id, at: configuration.now()) {
            readiness.signal()
            alarm.signal()
            return record
        }
        guard let record = try await store.task(id) else { throw EngineError.unknownTask(id) }
        throw EngineError(code: .wrongState, message: "task \(id) is \(record.state.rawValue), not held")
    }
}

extension EngineError {
    fileprivate static func unknownDependency(_ unknown: UnknownTask, in jobs: [Job]) -> EngineError {
        EngineError(
            code: .invalidInput,
            message: "\(jobs.place(ofDependencyOn: unknown.id)): no task \(unknown.id); name tasks submitted before",
            cause: unknown)
    }
}

extension [Job] {
    /// Where one of them says first that it runs after the task `id`, as errors name a place.
    fileprivate func place(ofDependencyOn id: TaskID) -> String {
        for (index, job) in enumerated() {
            guard let place = job.place(ofDependencyOn: id) else { continue }
            return count > 1 ? "[\(index)].\(place)" : place
        }
        return "after"
    }
}

extension Job {
    /// Where it, or a member of it, says first that it runs after the task `id`; `nil` when none does.
    fileprivate func place(ofDependencyOn id: TaskID) -> String? {
        if let index = after.firstIndex(of: id) { return "after[\(index)]" }
        for (index, member) in members.enumerated() {
            if let place = member.place(ofDependencyOn: id) { return "\(kind.rawValue)[\(index)].\(place)" }
        }
        return nil
    }

    /// Whether it, or a member of it, has a time to start at.
    fileprivate var startsLater: Bool { start != .now || members.contains(where: \.startsLater) }
}
