internal import GRDB
internal import Glibc
package import Model

/// What is not done yet.
package struct Backlog: Sendable {
    /// How many tasks wait for nothing but a slot, by queue; queues with none are left out.
    package let ready: [String: Int]
    /// How many tasks are held, queued and running, whatever they wait for.
    package let counts: [TaskState: Int]
}

extension Store {
    /// How many tasks are in each state; every state is named.
    ///
    /// They are counted once, after the start; whoever asks before that is done waits for it.
    /// - Throws: ``StoreError`` when they cannot be counted.
    package func counts() async throws -> [(state: TaskState, count: Int)] {
        let states = try await taskCounts().states
        return TaskState.allCases.map { ($0, states[$0, default: 0]) }
    }

    /// What is not done yet.
    ///
    /// - Throws: as ``counts()``.
    package func backlog() async throws -> Backlog {
        let states = try await taskCounts().states
        let open = TaskState.allCases.filter { !$0.isDone }.map { ($0, states[$0, default: 0]) }
        return try await read { db in
            var ready: [String: Int] = [:]
            for row in try Row.fetchAll(db.cachedStatement(sql: Self.readyByQueue)) { ready[row[0]] = row[1] }
            return Backlog(ready: ready, counts: Dictionary(uniqueKeysWithValues: open))
        }
    }

    /// One pass over the index of such tasks, whose rows are not read.
    static let readyByQueue = """
        SELECT queue, count(*) FROM tasks INDEXED BY tasks_ready
        WHERE state = 'queued' AND waiting_for IS NULL AND is_composite = 0 GROUP BY queue
        """

    /// All numbers that are kept along.
    func taskCounts() async throws -> TaskCounter.Counts {
        do {
            return try await counter.counts()
        } catch {
            throw noted(StoreError(error, path: path))
        }
    }
}

/// The room that a history file takes, in bytes.
package struct StoreSize: Sendable {
    /// Of the file itself.
    package let file: Int64
    /// Of its write-ahead log; 0 when there is none.
    package let log: Int64
    /// Free for the daemon on its disk; `nil` when the system does not tell.
    package let free: Int64?
}

extension Store {
    /// The room that the file takes now.
    package var size: StoreSize {
        StoreSize(
            file: Self.length(path), log: Self.length(path + "-wal"), free: Self.freeSpace(beside: path)?.bytes)
    }

    /// How many bytes of the disk `outcome` takes: once in the log and once in the file, an exception in its event too.
    package static func size(of outcome: Outcome) -> Int64 {
        let result = outcome.result.map { JSONWriter.bytes($0).count } ?? 0
        let exception = outcome.exception.map { JSONWriter.bytes($0.json).count } ?? 0
        return 2 * Int64(result + 2 * exception)
    }

    /// Whether so many bytes are free for the daemon on the disk, as far as the system tells, or so few that what is kept for the
    /// ends of tasks may hold them.
    package func isFree(_ bytes: Int64) -> Bool {
        bytes <= Reserve.fileRoom || Self.freeSpace(beside: path).map { $0.bytes >= bytes } ?? true
    }

    /// That somebody has moved or removed the file while it is open; the next commit ends the daemon then.
    package var misplacement: StoreError? { files.misplacement }

    /// What is free for this process on the disk that the file at `path` is on, in bytes and in files that can be made; `nil`
    /// when the system does not tell.
    static func freeSpace(beside path: String) -> (bytes: Int64, files: UInt)? {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { return nil }
        // File systems keep some blocks for root, and ext4 some for itself, 4096 at most and 2 % of the disk (`resv_clusters`):
        // more than that of the blocks that it tells of, which are not all.
        let forRoot = system.f_bfree - min(system.f_bfree, min(system.f_blocks / 40, 4096))
        let blocks = geteuid() == 0 ? max(forRoot, system.f_bavail) : system.f_bavail
        // Btrfs does not count its files.
        return (
            bytes(in: UInt64(blocks), ofSize: UInt64(system.f_frsize)), system.f_files > 0 ? system.f_favail : .max
        )
    }

    /// How many bytes so many blocks have, or as many as can be told: a file system may call itself as large as it likes.
    static func bytes(in blocks: UInt64, ofSize size: UInt64) -> Int64 {
        let (bytes, overflows) = blocks.multipliedReportingOverflow(by: size)
        return overflows ? .max : Int64(clamping: bytes)
    }

    /// The version of the schema: the name of its last migration.
    package func schemaVersion() async throws -> String {
        try await read { db in try Schema.migrator.appliedMigrations(db).last ?? "none" }
    }

    private static func length(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
