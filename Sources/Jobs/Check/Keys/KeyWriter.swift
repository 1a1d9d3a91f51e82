internal import GRDB
internal import Glibc
internal import Model

/// Sorts the keys of one source into a file, however many there are, with no more than a few megabytes in memory: SQLite
/// does that with a table that is its own index. Every call blocks.
struct KeyWriter: Sendable {
    private let path: String
    private let database: DatabaseQueue

    /// A writer of the file at `path`, which is made anew.
    ///
    /// - Throws: ``SourceError`` when it cannot be written.
    init(path: String) throws(SourceError) {
        self.path = path
        guard unlink(path) == 0 || errno == ENOENT else { throw .keeping(errno) }
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // Nobody reads a file that is not finished: it needs no journal, and reaches the disk once, at its end.
            try database.execute(sql: "PRAGMA journal_mode = OFF")
            try database.execute(sql: "PRAGMA synchronous = OFF")
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA cache_size = -16384")
        }
        database = try Self.attempt {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.write { database in
                try database.execute(
                    sql: "CREATE TABLE keys (key TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT, WITHOUT ROWID")
            }
            return database
        }
    }

    /// Adds one to the times of each of `keys`.
    func add(_ keys: [String]) throws(SourceError) {
        try Self.attempt {
            try database.write { database in
                let statement = try database.cachedStatement(
                    sql: "INSERT INTO keys VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1")
                for key in keys { try statement.execute(arguments: [key]) }
            }
        }
    }

    /// Ends the file: what it holds then survives a power cut.
    ///
    /// - Returns: how many keys there are, and how many of them more than once.
    func finish() throws(SourceError) -> (keys: Int64, duplicates: Int64) {
        let counts = try Self.attempt {
            let counts = try database.read { database in
                try Row.fetchOne(database, sql: "SELECT count(*), count(*) FILTER (WHERE times > 1) FROM keys")
            }
            try database.close()
            return counts
        }
        let file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .keeping(errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .keeping(errno) }
        return (counts?[0] ?? 0, counts?[1] ?? 0)
    }

    private static func attempt<Answer>(_ work: () throws -> Answer) throws(SourceError) -> Answer {
        do { return try work() } catch { throw SourceError(.connect, "its keys cannot be kept: \(error)") }
    }
}

extension SourceError {
    fileprivate static func keeping(_ number: CInt) -> SourceError {
        SourceError(.connect, "its keys cannot be kept: \(SystemError(number))")
    }
}
