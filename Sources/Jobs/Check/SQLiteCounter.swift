internal import GRDB
internal import GRDBSQLite
internal import Glibc
internal import Model

/// Asks a SQLite file one statement whose answer is one whole number. Nothing it runs can change the file.
struct SQLiteCounter: SourceCounter {
    private let path: String
    private let sql: SQLiteQuery
    private let keyQuery: SQLiteQuery?
    private let patience: Duration

    /// How long the daemon's own history may be asked: while somebody reads it, its log cannot be emptied, and grows with each
    /// commit.
    private static let historyLimit = Duration.seconds(10)

    /// The counter that asks `statement` of the file at `path`, and waits for `patience` while that is locked.
    ///
    /// - Parameter keys: the statement that answers the keys of what is counted, a row each.
    init(path: String, statement: String, keys: String? = nil, patience: Duration = .seconds(2)) {
        self.path = path
        sql = SQLiteQuery("sql", statement)
        keyQuery = keys.map { SQLiteQuery("keys", $0) }
        self.patience = patience
    }

    var method: String { "sqlite" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        try await ask(context) { [sql] database in try SourceCount(Self.answer(database, to: sql)) }
    }

    /// Asks `questions` of the database in one transaction, on a thread of its own.
    private func ask<Answer: Sendable>(
        _ context: JobContext, _ questions: @escaping @Sendable (Database) throws -> Answer
    ) async throws(SourceError) -> Answer {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            try sql.requireSelect()
            try keyQuery?.requireSelect()
            let isHistory = try await runBlocking { _ throws(SourceError) in
                FileIdentity(at: context.history).map { $0 == FileIdentity(at: path) } ?? false
            }
            guard isHistory else { return try await ask(path, questions) }
            return try await within(Self.historyLimit, context.clock, late: .reading(historyFor: Self.historyLimit)) {
                () throws(SourceError) in try await ask(path, questions)
            }
        } catch {
            throw error.at(path)
        }
    }

    private func ask<Answer: Sendable>(
        _ path: String, _ questions: @escaping @Sendable (Database) throws -> Answer
    ) async throws(SourceError) -> Answer {
        try await runBlocking { [patience] flag throws(SourceError) in
            try Self.requireDatabaseFile(at: path)
            do {
                let database = try DatabaseQueue(path: path, configuration: .readOnly(patience: patience, until: flag))
                let answer = try database.read(questions)
                try flag.check()
                return answer
            } catch {
                try flag.check()
                throw SourceError(asking: error)
            }
        }
    }

    /// Looks at the file without opening it: a process that closes any descriptor of a file gives up all its locks on
    /// it, those of other connections to the same database included (sqlite.org/howtocorrupt.html, section 2.2).
    private static func requireDatabaseFile(at path: String) throws(SourceError) {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else { throw .opening(errno) }
        try status.requireRegularFile()
        guard status.st_size > 0 else { throw SourceError(.unexpectedDocument, "is empty, not a SQLite database") }
    }

    private static func answer(_ database: Database, to query: SQLiteQuery) throws -> Int64 {
        let rows = try query.rows(in: database, each: "one number")
        guard let row = try rows.next() else { throw SourceError(.noCount, "sql: answers no row; it must answer one") }
        let value: DatabaseValue = row[0]
        guard case .int64(let count) = value.storage else {
            throw SourceError(.noCount, "sql: answers \(value.kind); it must answer one whole number")
        }
        guard try rows.next() == nil else {
            throw SourceError(.noCount, "sql: answers several rows; it must answer one")
        }
        return count
    }
}

extension SQLiteCounter: KeyedCounter {
    func count(
        _ context: JobContext, keeping keys: KeyCollector
    ) async throws(SourceError) -> (count: SourceCount, keys: Result<KeyTally, SourceError>) {
        try await ask(context) { [sql, keyQuery] database in
            let count = try SourceCount(Self.answer(database, to: sql))
            return (count, Result { () throws(SourceError) in try Self.keep(keys, database, keyQuery) })
        }
    }

    private static func keep(
        _ keys: KeyCollector, _ database: Database, _ query: SQLiteQuery?
    ) throws(SourceError) -> KeyTally {
        guard let query else { throw SourceError(.config, "keys: is missing; write a SELECT that answers the keys") }
        var keys = keys
        do {
            let rows = try query.rows(in: database, each: "one key")
            while let row = try rows.next() {
                let value: DatabaseValue = row[0]
                switch value.storage {
                case .null: try keys.take(EmptyCollection<String>())
                case .int64(let number): try keys.take(CollectionOfOne(String(number)))
                case .string(let text): try keys.take(CollectionOfOne(text))
                case .double, .blob:
                    throw SourceError(.noCount, "keys: answers \(value.kind); a key is text or a whole number")
                }
            }
            return try keys.finish()
        } catch {
            throw SourceError(asking: error, key: "keys")
        }
    }
}

extension Configuration {
    /// How often SQLite asks whether to go on: every thousand of its instructions, a fraction of a millisecond.
    private static let instructionsBetweenLooks: CInt = 1000
    /// How long a connection rests before it tries a locked database again.
    private static let busyRest = Duration.milliseconds(10)

    /// The longest text, blob or row, in bytes: a view may ask for one of a gigabyte.
    private static let maximumLength: CInt = 16 << 20

    /// A connection that cannot write, cannot reach another file, and stops once `flag` is raised. What the file itself says
    /// is to be run, such as a view, is as little trusted as the file (sqlite.org/security.html).
    ///
    /// `sqlite3_interrupt` does nothing in the moment before a statement starts; the flag stays raised.
    static func readOnly(patience: Duration, until flag: CancellationFlag) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .callback { tries in
            guard busyRest * tries < patience, !flag.isRaised else { return false }
            usleep(useconds_t(busyRest / .microseconds(1)))
            return true
        }
        configuration.prepareDatabase { database in
            sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
            sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_LENGTH, maximumLength)
            let look: @convention(c) (UnsafeMutableRawPointer?) -> CInt = { pointer in
                guard let pointer else { return 0 }
                return Unmanaged<CancellationFlag>.fromOpaque(pointer).takeUnretainedValue().isRaised ? 1 : 0
            }
            sqlite3_progress_handler(
                database.sqliteConnection, instructionsBetweenLooks, look, Unmanaged.passUnretained(flag).toOpaque())
            try database.execute(sql: "PRAGMA query_only = 1; PRAGMA trusted_schema = 0")
        }
        return configuration
    }
}

extension DatabaseValue {
    fileprivate var kind: String {
        switch storage {
        case .null: "NULL"
        case .int64: "a whole number"
        case .double: "a number with a fraction"
        case .string: "text"
        case .blob: "a blob"
        }
    }
}

extension SourceError {
    /// The daemon's own history was asked something that takes longer than `limit`.
    fileprivate static func reading(historyFor limit: Duration) -> SourceError {
        SourceError(
            .timeout,
            "is the daemon's own history, whose log grows while it is read, and gave no answer within \(limit.secondsText)s; "
                + "ask less of it, or ask a copy (taskctl backup)")
    }

    /// What asking a database threw; `key` is the name of what was asked.
    fileprivate init(asking error: any Error, key: String = "sql") {
        switch error {
        case let error as SourceError: self = error
        case let error as DatabaseError: self.init(error, key: key)
        default: self.init(.connect, "cannot be asked: \(error)", isRetryable: true)
        }
    }

    private init(_ error: DatabaseError, key: String) {
        let reason = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.timeout, "is locked by another program; ask again when it is done", isRetryable: true)
        case .SQLITE_NOTADB: self.init(.unexpectedDocument, "is not a SQLite database")
        case .SQLITE_CORRUPT: self.init(.inconsistent, "is a damaged database: \(reason)")
        case .SQLITE_CANTOPEN: self.init(.auth, "cannot be opened; the daemon's user must be able to read it")
        case .SQLITE_ERROR, .SQLITE_AUTH, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_READONLY, .SQLITE_TOOBIG:
            self.init(.config, "\(key): \(reason)")
        default: self.init(.connect, "cannot be read: \(reason)", isRetryable: true)
        }
    }
}
