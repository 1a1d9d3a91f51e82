internal import GRDB
package import Model

/// What became of a request to cancel a task.
package enum Cancellation: Sendable, Hashable {
    /// There is no such task.
    case unknown
    /// It was done already; nothing has changed.
    case alreadyDone(TaskRecord)
    /// It is shielded, and the request did not insist; nothing has changed.
    case shielded(TaskRecord)
    /// It had not started and never will; these tasks ended by it, the task itself first; there may be more to end if
    /// they are more than ``Store/tasksAtOnce``.
    case ended([TaskRecord])
    /// It runs, and has to be told.
    case requested(TaskRecord)
}

extension Store {
    /// Notes a request to cancel a task, and ends the task if it has not started.
    ///
    /// - Parameters:
    ///   - message: why; that of the first request is kept, even if it gave none.
    ///   - force: whether a shield gives way.
    package func cancel(
        _ id: TaskID, message: String?, force: Bool, at now: Timestamp
    ) async throws -> Cancellation {
        try await write { db in
            var transition = Transition(db: db, now: now)
            return try Self.cancel(id, message: message, force: force, &transition)
        }
    }

    static func cancel(
        _ id: TaskID, message: String?, force: Bool, _ transition: inout Transition
    ) throws -> Cancellation {
        let (db, now) = (transition.db, transition.now)
        guard let before = try TaskRecord.find(db, id) else { return .unknown }
        if before.isDone { return .alreadyDone(before) }
        if before.shield && !force { return .shielded(before) }
        try countRequest(db, id, message: message, at: now)
        if before.state == .running {
            return try TaskRecord.find(db, id).map(Cancellation.requested) ?? .unknown
        }
        return .ended(try transition.end(id, .cancelled(.cancelled(message)), from: [.held, .queued]))
    }

    /// Counts a cancel request and appends its event. It also clears `paused`: a stopped process cannot react to SIGTERM.
    static func countRequest(_ db: Database, _ id: TaskID, message: String?, at now: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                UPDATE tasks SET cancel_requests = cancel_requests + 1, paused = 0,
                    cancel_message = iif(cancel_requests = timed_out, ?, cancel_message)
                WHERE id = ?
                """
        ).execute(arguments: [message, id.number])
        try Event.append(db, .cancelRequested, id, at: now, data: ["message": JSONValue(message)])
    }

    /// Notes that a running task is over its timeout and is being cancelled for it, unless it is being cancelled already.
    ///
    /// - Returns: whether it was noted.
    package func expire(_ id: TaskID, at now: Timestamp) async throws -> Bool {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    UPDATE tasks SET timed_out = 1, cancel_requests = cancel_requests + 1, paused = 0
                    WHERE id = ? AND state = 'running' AND cancel_requests = 0
                    """
            ).execute(arguments: [id.number])
            guard db.changesCount == 1 else { return false }
            try Event.append(db, .timedOut, id, at: now)
            return true
        }
    }
}
