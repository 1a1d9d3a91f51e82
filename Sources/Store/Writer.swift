internal import GRDB
internal import Synchronization

/// The one place that writes: a queue of commands, committed in batches by a single connection.
///
/// The first waiting command opens a batch, and whatever queued while the last commit ran joins it (group commit).
/// A caller resumes after the commit, so what it was told is on disk; when a commit fails, every caller in it is told so.
/// A command that throws is undone alone.
final class Writer: Sendable {
    /// How much may wait before commands that can be refused are.
    struct Capacity: Sendable {
        var commands = 1000
        /// About how much memory they take, in bytes; one that waits alone may take more.
        var bytes = 128 << 20
    }

    private struct State {
        var waiting: [any WriteCommand] = []
        var bytes = 0
        var isDraining = false
        var isClosed = false

        /// Takes `command` in.
        ///
        /// - Returns: whether somebody has to start draining.
        /// - Throws: ``StoreError`` when nothing is written any more, or there is no room for it and it can be refused.
        mutating func enqueue(
            _ command: any WriteCommand, of size: Int, _ capacity: Capacity
        ) throws(StoreError) -> Bool {
            guard !isClosed else { throw .closed }
            let fits = waiting.isEmpty || (waiting.count < capacity.commands && bytes + size <= capacity.bytes)
            guard fits || !command.isRefusable else { throw .busy }
            waiting.append(command)
            bytes += size
            defer { isDraining = true }
            return !isDraining
        }

        mutating func nextBatch() -> [any WriteCommand]? {
            guard !waiting.isEmpty else {
                isDraining = false
                return nil
            }
            defer { (waiting, bytes) = ([], 0) }
            return waiting
        }
    }

    private let pool: DatabasePool
    private let state = Mutex(State())
    private let capacity: Capacity
    /// Room on the disk for what cannot be refused; `nil` for none.
    private let reserve: Reserve?
    /// What counts the tasks along; `nil` for nothing.
    private let counter: TaskCounter?
    /// What has to stand where it stood; `nil` for nothing.
    private let files: HistoryFiles?
    /// Called when it does not.
    private let misplaced: @Sendable (StoreError) -> Void
    /// Called after each commit, before the callers resume.
    private let committed: @Sendable () -> Void
    private let metrics = WriterMetrics()

    init(
        pool: DatabasePool, capacity: Capacity = Capacity(), reserve: Reserve? = nil, counter: TaskCounter? = nil,
        files: HistoryFiles? = nil,
        misplaced: @escaping @Sendable (StoreError) -> Void = { _ in }, committed: @escaping @Sendable () -> Void
    ) {
        self.pool = pool
        self.reserve = reserve
        self.counter = counter
        self.capacity = capacity
        self.files = files
        self.misplaced = misplaced
        self.committed = committed
    }

    /// Does `body` inside the next transaction and returns after the commit.
    ///
    /// It may be called again when what it did was undone, and so touches nothing but the database.
    /// Commands run in the order of the calls. Cancelling the caller does not stop a command that has been queued.
    /// - Parameter whenQueued: is called as soon as the command has its place in that order.
    /// - Parameter isRefusable: whether it is refused when too many wait, because somebody can ask again; what the daemon
    ///   itself has to write never is.
    /// - Parameter size: about how much memory `body` holds, in bytes.
    /// - Throws: what `body` threw, its own writes undone; ``StoreError`` when the commit failed, or it was refused.
    func write<Value: Sendable>(
        isRefusable: Bool = false, size: Int = 0, whenQueued: () -> Void = {},
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        if isRefusable && !hasFreeSpace { throw StoreError.full(path: pool.path) }
        return try await withCheckedThrowingContinuation { continuation in
            let command = PendingWrite(isRefusable: isRefusable, body: body, continuation: continuation)
            do {
                // The draining is queued under the lock, so that what is taken in is written before the pool is closed.
                try state.withLock { if try $0.enqueue(command, of: size, capacity) { drain() } }
                whenQueued()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func drain() {
        pool.asyncWriteWithoutTransaction { db in
            while let batch = self.state.withLock({ $0.nextBatch() }) { self.commit(batch, db) }
        }
    }

    /// Takes no more commands; those that were taken are written before the pool can be closed.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Whether there is room on the disk for more than what has to be written down when it is full.
    var hasFreeSpace: Bool { reserve?.isEnough() ?? true }

    /// How many tasks may be started as far as the room on the disk goes.
    var startableTasks: Int { reserve?.startableTasks() ?? .max }

    private func commit(_ batch: [any WriteCommand], _ db: Database) {
        let failure = transact(batch, db)
        guard failure?.code == .full, batch.count > 1 else { return tell(batch, failure) }
        // What can be asked for again is refused; what has happened has to be written down.
        tell(batch.filter(\.isRefusable), failure)
        let own = batch.filter { !$0.isRefusable }
        // One by one: what is too large for the room that is kept, takes none of the others along.
        for command in own { tell([command], transact([command], db)) }
    }

    /// - Returns: why nothing of it was committed; `nil` when it was.
    private func transact(_ batch: [any WriteCommand], _ db: Database) -> StoreError? {
        let start = ContinuousClock.now
        defer { metrics.note(batch.count, since: start) }
        do {
            try requireFiles(db)
            try begin(db)
            if try !perform(batch, db) { try performApart(batch, db) }
            if db.isInsideTransaction {
                try db.cachedStatement(sql: "COMMIT").execute()
                counter?.commit()
            }
            reserve?.renew()
            return nil
        } catch {
            // The batch is lost either way: a rollback that fails leaves nothing more to undo.
            if db.isInsideTransaction { try? db.rollback() }
            let failure = StoreError(error, path: pool.path)
            if failure.code == .full { giveBackLog(db) }
            return failure
        }
    }

    /// Cuts the log, which what was too large has made as long as the disk let it, so that there is room for what is smaller.
    /// While somebody reads it stays as it is, until the next time.
    private func giveBackLog(_ db: Database) {
        do {
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Int(Store.busyTimeout * 1000))") }
            try db.checkpoint(.truncate)
            reserve?.logWasCut()
        } catch {
            // Somebody reads.
        }
    }

    /// - Throws: ``StoreError`` when what is written would be lost; what has been is saved first, where that can be.
    private func requireFiles(_ db: Database) throws {
        guard let files, let misplacement = files.misplacement else { return }
        if !files.isLogInPlace { _ = try? db.checkpoint(.full) }
        misplaced(misplacement)
        throw misplacement
    }

    /// - Returns: whether no command has thrown; else nothing of the batch is left but what each has to say.
    private func perform(_ batch: [any WriteCommand], _ db: Database) throws -> Bool {
        for command in batch where try !command.perform(db) {
            try db.rollback()
            return false
        }
        return true
    }

    /// Does what ``perform(_:_:)`` could not, each command under a savepoint. Few commands throw, and whatever is written under
    /// a savepoint is copied page by page: a batch of commands that do not throw is better off without.
    private func performApart(_ batch: [any WriteCommand], _ db: Database) throws {
        guard batch.count > 1 else { return }
        try begin(db)
        for command in batch {
            let mark = counter?.mark
            try db.cachedStatement(sql: "SAVEPOINT command").execute()
            if try !command.perform(db) {
                try db.cachedStatement(sql: "ROLLBACK TO command").execute()
                if let mark { counter?.forget(since: mark) }
            }
            try db.cachedStatement(sql: "RELEASE command").execute()
        }
    }

    private func begin(_ db: Database) throws {
        counter?.forget(since: .start)
        // Prepared once: `beginTransaction` would parse its SQL each time.
        try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
    }

    private func tell(_ batch: [any WriteCommand], _ failure: StoreError?) {
        if failure == nil { committed() }
        for command in batch { command.finish(commitFailure: failure) }
    }
}

private protocol WriteCommand: Sendable {
    /// Whether whoever asked for it can ask again.
    var isRefusable: Bool { get }

    /// Does the work and keeps what came of it. May be called again when the transaction was rolled back.
    ///
    /// - Returns: whether it did not throw; else what it has written is to be undone.
    /// - Throws: when there is no room, or the whole transaction is gone, as SQLite does after some failures.
    func perform(_ db: Database) throws -> Bool

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

    func perform(_ db: Database) throws -> Bool {
        do {
            let value = try body(db)
            result.withLock { $0 = .success(value) }
            return true
        } catch {
            // No command's own fault.
            let isFull = (error as? DatabaseError)?.resultCode.primaryResultCode == .SQLITE_FULL
            guard db.isInsideTransaction, !isFull else { throw error }
            result.withLock { $0 = .failure(error) }
            return false
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
