internal import GRDB
internal import GRDBSQLite
internal import Glibc
internal import Model

/// Asks a SQLite file one statement whose answer is one whole number. Nothing it runs can change the file.
struct SQLiteCounter: SourceCounter {
    private let path: String
    private let statement: String
    private let patience: Duration

    /// The counter that asks `statement` of the file at `path`, and waits for `patience` while that is locked.
    init(path: String, statement: String, patience: Duration = .seconds(2)) {
        self.path = path
        self.statement = statement
        self.patience = patience
    }

    var method: String { "sqlite" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            guard Self.isQuery(statement) else {
                throw SourceError(.config, "sql: must be one statement that starts with SELECT or WITH")
            }
            return try await runBlocking { [statement, patience] flag throws(SourceError) in
                try Self.requireDatabaseFile(at: path)
                do {
                    let database = try DatabaseQueue(
                        path: path, configuration: .readOnly(patience: patience, until: flag))
                    return try SourceCount(database.read { try Self.answer($0, to: statement) })
                } catch {
                    try flag.check()
                    throw SourceError(asking: error)
                }
            }
        } catch {
            throw error.at(path)
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

    private static func answer(_ database: Database, to statement: String) throws -> Int64 {
        let statements = try database.allStatements(sql: statement)
        guard let query = try statements.next(), try statements.next() == nil else {
            throw SourceError(.config, "sql: must be one statement, not several")
        }
        guard query.isReadonly else { throw SourceError(.config, "sql: must not change anything") }
        guard query.columnCount == 1 else {
            throw SourceError(.noCount, "sql: answers \(query.columnCount) columns; it must answer one number")
        }
        let rows = try Row.fetchCursor(query)
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

    /// Whether the first word of `statement`, comments aside, is SELECT or WITH. What `sqlite3_stmt_readonly` calls
    /// read-only includes ATTACH, PRAGMA and BEGIN (sqlite.org/c3ref/stmt_readonly.html).
    static func isQuery(_ statement: String) -> Bool {
        var rest = Substring(statement)
        while true {
            rest = rest.drop(while: \.isWhitespace)
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.hasPrefix("*/") { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        return ["select", "with"].contains(rest.prefix { $0.isASCII && $0.isLetter }.lowercased())
    }
}

extension Configuration {
    /// How often SQLite asks whether to go on: every thousand of its instructions, a fraction of a millisecond.
    private static let instructionsBetweenLooks: CInt = 1000
    /// How long a connection rests before it tries a locked database again.
    private static let busyRest = Duration.milliseconds(10)

    /// A connection that cannot write, cannot reach another file, and stops once `flag` is raised.
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
            let look: @convention(c) (UnsafeMutableRawPointer?) -> CInt = { pointer in
                guard let pointer else { return 0 }
                return Unmanaged<CancellationFlag>.fromOpaque(pointer).takeUnretainedValue().isRaised ? 1 : 0
            }
            sqlite3_progress_handler(
                database.sqliteConnection, instructionsBetweenLooks, look, Unmanaged.passUnretained(flag).toOpaque())
            try database.execute(sql: "PRAGMA query_only = 1")
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
    /// What asking a database threw.
    fileprivate init(asking error: any Error) {
        switch error {
        case let error as SourceError: self = error
        case let error as DatabaseError: self.init(error)
        default: self.init(.connect, "cannot be asked: \(error)", isRetryable: true)
        }
    }

    private init(_ error: DatabaseError) {
        let reason = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.timeout, "is locked by another program; ask again when it is done", isRetryable: true)
        case .SQLITE_NOTADB: self.init(.unexpectedDocument, "is not a SQLite database")
        case .SQLITE_CORRUPT: self.init(.inconsistent, "is a damaged database: \(reason)")
        case .SQLITE_CANTOPEN: self.init(.auth, "cannot be opened; the daemon's user must be able to read it")
        case .SQLITE_ERROR, .SQLITE_AUTH, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_READONLY, .SQLITE_TOOBIG:
            self.init(.config, "sql: \(reason)")
        default: self.init(.connect, "cannot be read: \(reason)", isRetryable: true)
        }
    }
}
