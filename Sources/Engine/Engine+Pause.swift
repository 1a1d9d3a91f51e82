internal import Jobs
package import Model
internal import Store

extension Engine {
    /// Stops all processes of a running command where they are; its timeout runs on.
    ///
    /// - Throws: ``EngineError`` when there is no such task, it runs no command, its command has not started yet, or
    ///   it is being cancelled, or ended because the daemon stops.
    package func pause(_ id: TaskID) async throws -> TaskRecord {
        try await order(.pause, id)
    }

    /// Lets the processes of a paused command go on.
    ///
    /// - Throws: as ``pause(_:)``.
    package func resume(_ id: TaskID) async throws -> TaskRecord {
        try await order(.resume, id)
    }

    private func order(_ order: AttemptDirectory.Order, _ id: TaskID) async throws -> TaskRecord {
        guard let live = live[id] else {
            _ = try await runningCommand(id)
            throw EngineError(code: .wrongState, message: "the command of task \(id) is only starting, or has ended")
        }
        return try await live.inTurn { try await self.give(order, to: self.runningCommand(id), live) }
    }

    private func give(
        _ order: AttemptDirectory.Order, to command: TaskRecord, _ live: LiveTask
    ) async throws -> TaskRecord {
        let attempt = configuration.directories.attempt(of: command)
        guard attempt.send(order) else {
            throw EngineError(
                code: .wrongState,
                message: "the command of task \(command.id) has not started yet, or has removed its control FIFO")
        }
        // Looked at when the order is given: who is asked to end only after that is asked after the order too.
        if order == .pause, live.isStopped {
            attempt.send(.resume)
            throw EngineError(
                code: .wrongState,
                message: "the command of task \(command.id) is being ended, as the daemon is stopping")
        }
        do {
            let record = try await store.setPaused(command, order == .pause, at: configuration.now())
            if let record { return record }
        } catch {
            // It is to be as it is noted.
            attempt.send(command.paused ? .pause : .resume)
            throw error
        }
        // Whoever is asked to end goes on, and may have been told so before this order.
        if order == .pause { attempt.send(.resume) }
        throw EngineError(
            code: .wrongState, message: "the command of task \(command.id) has ended meanwhile, or is being cancelled")
    }

    private func runningCommand(_ id: TaskID) async throws -> TaskRecord {
        let record = try await task(id)
        guard record.kind.isCommand, record.state == .running else {
            let what = "a \(record.kind.rawValue) that is \(record.state.rawValue)"
            throw EngineError(code: .wrongState, message: "task \(id) is \(what); this is for running commands")
        }
        return record
    }
}
