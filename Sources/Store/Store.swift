internal import GRDB
internal import Glibc
internal import Model

/// The history file: every task, its outcome and its events, in SQLite.
///
/// One connection writes and checkpoints; all others only read (two connections that write and checkpoint can corrupt a
/// WAL file in SQLite before 3.51.3, sqlite.org/wal.html). Every method that writes is one transaction, durable when it
/// returns (`synchronous = FULL`), and keeps the invariants; a transition is one guarded statement.
package final class Store: Sendable {
    /// The path of the SQLite file.
    package let path: String
    let pool: DatabasePool
    let writer: Writer
    private let reserve: Reserve?
    let files: HistoryFiles
    let counter: TaskCounter
    private let feed = CommitFeed()
    /// What shows that the file cannot be relied on: the daemon ends then.
    package let failures: Failures
    /// Where a store tells, once, that its file cannot be relied on, and where that is heard.
    package typealias Failures = (stream: AsyncStream<StoreError>, continuation: AsyncStream<StoreError>.Continuation)

    /// Opens the history file at `path`, creating or migrating it.
    ///
    /// - Parameter trace: the path of a file that shows that there was a history before; `nil` when nothing does.
    /// - Parameter reservesSpace: whether room is kept on the disk for what cannot be refused.
    /// - Parameter failures: where it is told that the file cannot be relied on.
    /// - Throws: ``StoreError`` when it cannot be opened, is damaged, or was written by a newer version; it is then left
    ///   as it was.
    package init(
        path: String, trace: String? = nil, reservesSpace: Bool = false,
        failures: Failures = AsyncStream<StoreError>.makeStream()
    ) throws {
        self.path = path
        self.failures = failures
        do {
            let migrator = Schema.migrator
            let isOld = try Self.look(at: path, trace: trace, migrator)
            pool = try DatabasePool(path: path, configuration: Self.configuration())
            try migrator.migrate(pool)
            // In the file itself from the beginning: without its log it still is a history.
            if !isOld { try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
            // DatabasePool sets NORMAL after its preparations, which can lose acknowledged rows at a power cut.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            reserve = reservesSpace ? try Reserve(of: path) : nil
            counter = try TaskCounter(of: pool)
        } catch {
            throw StoreError(error, path: path)
        }
        let feed = feed
        files = HistoryFiles(of: path)
        writer = Writer(
            pool: pool, reserve: reserve, counter: counter, files: files,
            misplaced: { failures.continuation.yield($0) }, committed: { feed.signal() })
    }

    /// Has `tell` called when the history at `path` could not be made durable, also where no caller learns of it, in a
    /// checkpoint: SQLite tries that again, but for the pages that an earlier one had counted as done, and the fsync that then
    /// succeeds says nothing of those. To be called before a store is opened, once.
    package static func observeSync(of path: String, _ tell: @escaping @Sendable (StoreError) -> Void) {
        // SQLite names files without symbolic links, in parentheses.
        let directory = path.parentPath ?? "."
        let name = directory.resolvedPath.map { $0 + path.dropFirst(directory.count) } ?? path
        let names = ["(\(name))", "(\(name)-wal)"]
        Database.logError = { code, message in
            guard code == .SQLITE_IOERR_FSYNC, names.contains(where: message.contains) else { return }
            tell(StoreError(code: .unavailable, message: "\(path): cannot be made durable: \(message)"))
        }
    }

    /// Looks at a file that is there already, without changing a byte of it.
    ///
    /// - Parameter trace: as for ``init(path:trace:reservesSpace:failures:)``.
    /// - Returns: whether there is a history.
    /// - Throws: ``StoreError`` when it is no file, another program's database, written by a newer version, or gone although
    ///   something shows that there was one.
    @discardableResult
    static func look(at path: String, trace: String? = nil, _ migrator: DatabaseMigrator) throws -> Bool {
        var status = stat()
        let isThere = stat(path, &status) == 0
        guard isThere || errno == ENOENT else {
            throw StoreError(code: .unavailable, message: "\(path): \(SystemError())")
        }
        guard !isThere || status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(code: .unavailable, message: "\(path): not a regular file; move it away")
        }
        try requireRoomToShare(beside: path)
        if let header = LogHeader(ofLogAt: path + "-wal"), !header.isSound {
            throw StoreError(
                code: .corrupt,
                message:
                    "\(path)-wal: damaged; move it away with \(path), then restore a backup, or begin anew without one")
        }
        guard isThere, status.st_size > 0 else {
            try requireNoTraces(of: path, trace)
            return false
        }
        // What is shorter than the header of a database is an empty one to SQLite.
        guard status.st_size >= 100 else {
            throw StoreError(code: .corrupt, message: "\(path): not a database; move it away, or restore a backup")
        }
        var configuration = Configuration()
        configuration.readonly = true
        try DatabaseQueue(path: path, configuration: configuration).read { db in
            guard try !migrator.hasBeenSuperseded(db) else {
                throw StoreError(
                    code: .newerSchema,
                    message:
                        "\(path): written by a newer version of taskd; install that version or another state directory")
            }
            let isOurs = try db.tableExists("grdb_migrations") && db.tableExists("tasks")
            guard try isOurs || Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 else {
                throw StoreError(
                    code: .corrupt, message: "\(path): another program's database; it was left untouched: move it away")
            }
            if isOurs { try requireSchema(db, path) }
        }
        return true
    }

    /// Refuses to open the history where the file could not be made that all its readers share: SQLite maps it into memory, where
    /// there is no error for a block that is missing (SIGBUS).
    private static func requireRoomToShare(beside path: String) throws {
        var status = stat()
        let isThere = stat(path + "-shm", &status) == 0 && status.st_size >= 32_768
        guard isThere || freeSpace(beside: path)?.bytes ?? .max >= 65_536 else { throw StoreError.full(path: path) }
    }

    /// Refuses to begin anew where there was a history: SQLite would, and throw away what a log still holds.
    private static func requireNoTraces(of path: String, _ trace: String?) throws {
        var status = stat()
        let log = path + "-wal"
        let traces = [stat(log, &status) == 0 && status.st_size > 0 ? log : nil, trace].compactMap(\.self)
        guard !traces.isEmpty else { return }
        throw StoreError(
            code: .corrupt,
            message:
                "\(path): empty or gone, but there was a history: move \(traces.joined(separator: " and ")) away, then "
                + "restore a backup, or begin anew without one")
    }

    /// How long to wait for who has the file locked, in seconds.
    static let busyTimeout = 5.0
    /// What the write-ahead log is cut to in a checkpoint, in bytes; it only grows beyond that while somebody reads.
    package static let logLimit = Int64(16 << 20)

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "taskd.store"
        configuration.journalMode = .wal
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeout)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY")
            // What somebody who read for too long let it grow beyond is given back afterwards.
            try db.execute(sql: "PRAGMA journal_size_limit = \(logLimit)")
        }
        return configuration
    }

    /// Closes all connections, after what has been queued to write. What comes later is refused.
    ///
    /// - Throws: ``StoreError`` when a connection is still in use.
    package func close() throws {
        writer.close()
        do {
            // The connection that closes last folds the write-ahead log into the file, and only the writer can.
            pool.invalidateReadOnlyConnections()
            try counter.close()
            try pool.close()
            reserve?.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension Store {
    /// Reads inside one snapshot.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            let failure = noted(StoreError(error, path: path))
            // Interrupted while json_each is being set up, SQLite reports that there is no such table, and not an interrupt.
            throw Task.isCancelled && failure.code != .corrupt ? CancellationError() : failure
        }
    }

    /// `error`, after which nothing more is told if SQLite says by it that the file is damaged.
    func noted(_ error: StoreError) -> StoreError {
        if error.code == .corrupt && error.cause is DatabaseError { failures.continuation.yield(error) }
        return error
    }

    /// Writes inside the next batch and returns after its commit.
    ///
    /// - Parameter whenQueued: is called as soon as whatever is written from then on is written later.
    /// - Parameter isRefusable: whether it is refused when too much waits to be written.
    /// - Parameter size: about how much memory `body` holds, in bytes.
    func write<Value: Sendable>(
        isRefusable: Bool = false, size: Int = 0, whenQueued: () -> Void = {},
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await writer.write(isRefusable: isRefusable, size: size, whenQueued: whenQueued, body)
        } catch let error as DatabaseError {
            throw noted(StoreError(error, path: path))
        } catch let error as StoreError {
            throw noted(error)
        }
    }

    /// Whether there is room on the disk for more than the end of what runs; a store that keeps no room does not know.
    package var hasFreeSpace: Bool { writer.hasFreeSpace }

    /// How many tasks may be started now as far as the room on the disk goes.
    package var startableTasks: Int { writer.startableTasks }

    /// An element after each commit from now on, or fewer when the listener is slow.
    package func commits() -> AsyncStream<Void> {
        feed.listen()
    }

    /// Makes every listener look, though nothing was committed: because the daemon stops.
    package func signalCommits() {
        feed.signal()
    }
}

/// How safely the writing connection commits, read back from SQLite itself.
package struct StoreSettings: Sendable, Hashable {
    /// `PRAGMA journal_mode`: `wal`.
    package let journalMode: String
    /// `PRAGMA synchronous`: 2 is FULL.
    package let synchronous: Int
    /// `PRAGMA foreign_keys`.
    package let foreignKeys: Bool
    /// The version of the SQLite library.
    package let version: String
}

extension Store {
    /// The settings of the writing connection.
    package func settings() async throws -> StoreSettings {
        try await pool.writeWithoutTransaction { db in
            try StoreSettings(
                journalMode: String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                synchronous: Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0,
                foreignKeys: Bool.fetchOne(db, sql: "PRAGMA foreign_keys") ?? false,
                version: String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "")
        }
    }
}
