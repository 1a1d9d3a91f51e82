internal import GRDB
internal import Synchronization

/// The one place that writes: a queue of commands, committed in batches by a single connection.
///
/// The first waiting command opens a batch, and whatever queued while the last commit ran joins it (group commit).
/// A caller resumes after the commit, so what it was told is on disk; when a commit fails, every caller in it is told so.
/// A command that throws is rolled back alone: to its savepoint, or whole when no other shares its transaction.
final class Writer: Sendable {
    private struct State {
        var waiting: [any WriteCommand] = []
        var isDraining = false

        /// Whether somebody has to start draining; `nil` when `room` is taken, and the command refused.
        mutating func enqueue(_ command: any WriteCommand, room: Int) -> Bool? {
            guard waiting.count < room else { return nil }
            waiting.append(command)
            defer { isDraining = true }
            return !isDraining
        }

        mutating func nextBatch() -> [any WriteCommand]? {
            guard !waiting.isEmpty else {
                isDraining = false
                return nil
            }
            defer { waiting = [] }
            return waiting
        }
    }

    private let pool: DatabasePool
    private let state = Mutex(State())
    /// How many commands may wait before one that can be refused is.
    private let room: Int
    /// Room on the disk for what cannot be refused; `nil` for none.
    private let reserve: Reserve?
    /// Called after each commit, before the callers resume.
    private let committed: @Sendable () -> Void
    private let metrics = WriterMetrics()

    init(
        pool: DatabasePool, room: Int = 1000, reserve: Reserve? = nil, committed: @escaping @Sendable () -> Void
    ) {
        self.pool = pool
        self.reserve = reserve
        self.room = room
        self.committed = committed
    }

    /// Does `body` inside the next transaction and returns after the commit.
    ///
    /// Commands run in the order of the calls. Cancelling the caller does not stop a command that has been queued.
    /// - Parameter whenQueued: is called as soon as the command has its place in that order.
    /// - Parameter isRefusable: whether it is refused when too many wait, because somebody can ask again; what the daemon
    ///   itself has to write never is.
    /// - Throws: what `body` threw, its own writes undone; ``StoreError`` when the commit failed, or it was refused.
    func write<Value: Sendable>(
        isRefusable: Bool = false, whenQueued: () -> Void = {}, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        if isRefusable, let reserve, !reserve.restore() { throw StoreError.full(path: pool.path) }
        return try await withCheckedThrowingContinuation { continuation in
            let command = PendingWrite(isRefusable: isRefusable, body: body, continuation: continuation)
            guard let isFirst = state.withLock({ $0.enqueue(command, room: isRefusable ? room : .max) }) else {
                return continuation.resume(throwing: StoreError.busy)
            }
            whenQueued()
            guard isFirst else { return }
            pool.asyncWriteWithoutTransaction { db in
                while let batch = self.state.withLock({ $0.nextBatch() }) { self.commit(batch, db) }
            }
        }
    }

    private func commit(_ batch: [any WriteCommand], _ db: Database) {
        let failure = transact(batch, db)
        guard failure?.code == .full, batch.contains(where: { !$0.isRefusable }), reserve?.release() == true else {
            return tell(batch, failure)
        }
        // What can be asked for again is refused; what has happened has to be written down.
        tell(batch.filter(\.isRefusable), failure)
        let own = batch.filter { !$0.isRefusable }
        tell(own, transact(own, db))
    }

    /// - Returns: why nothing of it was committed; `nil` when it was.
    private func transact(_ batch: [any WriteCommand], _ db: Database) -> StoreError? {
        let start = ContinuousClock.now
        defer { metrics.note(batch.count, since: start) }
        do {
            // Prepared once: `beginTransaction` and `commit` would parse their SQL each time.
            try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
            for command in batch { try command.perform(db, isAlone: batch.count == 1) }
            if db.isInsideTransaction { try db.cachedStatement(sql: "COMMIT").execute() }
            return nil
        } catch {
            // The batch is lost either way: a rollback that fails leaves nothing more to undo.
            if db.isInsideTransaction { try? db.rollback() }
            return StoreError(error, path: pool.path)
        }
    }

    private func tell(_ batch: [any WriteCommand], _ failure: StoreError?) {
        if failure == nil { committed() }
        for command in batch { command.finish(commitFailure: failure) }
    }
}

private protocol WriteCommand: Sendable {
    /// Whether whoever asked for it can ask again.
    var isRefusable: Bool { get }

    /// Does the work and keeps what came of it; what it wrote is undone when it throws.
    ///
    /// - Parameter isAlone: whether the transaction is all its own, so that it needs no savepoint.
    /// - Throws: only when the whole transaction is gone, as SQLite does after some failures, such as a full disk.
    func perform(_ db: Database, isAlone: Bool) throws

    /// Tells the caller, once the commit's fate is known.
    func finish(commitFailure: StoreError?)
}

private final class PendingWrite<Value: Sendable>: WriteCommand {
    let isRefusable: Bool
    private let body: @Sendable (Database) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(
        isRefusable: Bool, body: @escaping @Sendable (Database) throws -> Value,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        self.isRefusable = isRefusable
        self.body = body
        self.continuation = continuation
    }

    func perform(_ db: Database, isAlone: Bool) throws {
        if !isAlone { try db.cachedStatement(sql: "SAVEPOINT command").execute() }
        do {
            let value = try body(db)
            if !isAlone { try db.cachedStatement(sql: "RELEASE command").execute() }
            result.withLock { $0 = .success(value) }
        } catch {
            guard db.isInsideTransaction else { throw error }
            if isAlone {
                try db.rollback()
            } else {
                try db.cachedStatement(sql: "ROLLBACK TO command").execute()
                try db.cachedStatement(sql: "RELEASE command").execute()
            }
            result.withLock { $0 = .failure(error) }
        }
    }

    func finish(commitFailure: StoreError?) {
        switch (commitFailure, result.withLock { $0 }) {
        case (let failure?, _): continuation.resume(throwing: failure)
        case (nil, let result?): continuation.resume(with: result)
        case (nil, nil): preconditionFailure("a committed batch holds a command that was never performed")
        }
    }
}
