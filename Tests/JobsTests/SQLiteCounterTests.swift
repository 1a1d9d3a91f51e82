import GRDB
import Glibc
import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct SQLiteCounterTests {
    private static let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n, items"

    private func catalogue(
        _ directory: CheckDirectory, in file: String = "catalogue.sqlite"
    ) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let database = try DatabaseQueue(path: directory.file(file), configuration: configuration)
        try database.write { database in
            try database.execute(sql: "CREATE TABLE items (barcode TEXT, year INTEGER)")
            try database.execute(sql: "INSERT INTO items VALUES ('1', 1813), ('2', 1847), ('3', 1871)")
        }
        return database
    }

    private func ask(_ statement: String, in directory: CheckDirectory) async throws -> RunReport {
        try await check(["sqlite": ["path": "catalogue.sqlite", "sql": .string(statement)]], in: directory)
    }

    @Test(
        arguments: [
            ("SELECT count(*) FROM items", 3), ("select count(*) from items;", 3),
            (" -- how many\n/* of\nthem */ SELECT count(*) FROM items WHERE year < 1850 -- old", 2),
            ("WITH old AS (SELECT * FROM items WHERE year < 1850) SELECT count(*) FROM old ; ", 2), ("SELECT 0", 0),
        ] as [(String, Int64)])
    func countsWhatAStatementAnswers(_ statement: String, _ count: Int64) async throws {
        try await withCheckDirectory { directory in
            _ = try catalogue(directory)
            let report = try await ask(statement, in: directory)
            #expect(report.outcome == .succeeded(["main": .int(count)]))
            #expect(report.detail?["method"] == "sqlite")
            #expect(report.detail?["exact"] == true)
        }
    }

    @Test(arguments: [
        ("SELECT count(*) FROM books", "config", "no such table: books"), ("SELEC 1", "config", "SELECT or WITH"),
        ("SELECT count(* FROM items", "config", "syntax error"), ("  ", "config", "SELECT or WITH"),
        ("-- SELECT 1", "config", "SELECT or WITH"), ("DELETE FROM items", "config", "SELECT or WITH"),
        ("PRAGMA user_version", "config", "SELECT or WITH"), ("ATTACH 'x' AS x", "config", "SELECT or WITH"),
        ("EXPLAIN SELECT 1", "config", "SELECT or WITH"), ("VALUES (1)", "config", "SELECT or WITH"),
        ("WITH a AS (SELECT 1) DELETE FROM items", "config", "must not change"),
        ("SELECT 1; DELETE FROM items", "config", "not several"), ("SELECT 1; SELECT 2", "config", "not several"),
        ("SELECT 1; ATTACH 'x' AS x", "config", "not several"), ("SELECT ?", "config", "sql: "),
        ("SELECT load_extension('x')", "config", "sql: "), ("SELECT 1, 2", "no_count", "2 columns"),
        ("SELECT year FROM items WHERE 0", "no_count", "no row"),
        ("SELECT year FROM items", "no_count", "several rows"),
        ("SELECT NULL", "no_count", "NULL"), ("SELECT '3'", "no_count", "text"), ("SELECT 3.0", "no_count", "fraction"),
        ("SELECT x'33'", "no_count", "blob"), ("SELECT -1", "no_count", "negative"),
        ("SELECT 9223372036854775807", "no_count", "more than any library"),
    ])
    func refusesWhatIsNoCount(_ statement: String, _ code: String, _ words: String) async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            let report = try await ask(statement, in: directory)
            #expect(report.code == code, "\(report.message)")
            #expect(report.message.contains(words), "\(report.message)")
            #expect(report.message.contains(directory.file("catalogue.sqlite")))
            #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM items") } == 3)
            #expect(access(directory.file("x"), F_OK) != 0)
        }
    }

    @Test func aViewCannotAskForAGigabyte() async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            try await database.write { database in
                try database.execute(sql: "CREATE VIEW large AS SELECT hex(zeroblob(16777216)) AS a")
                try database.execute(sql: "CREATE VIEW small AS SELECT hex(zeroblob(1024)) AS a")
            }
            let report = try await ask("SELECT length(a) FROM large", in: directory)
            #expect(report.code == "config", "\(report.message)")
            #expect(report.message.contains("too big"), "\(report.message)")
            #expect(try await ask("SELECT length(a) FROM small", in: directory).count == 2048)
        }
    }

    @Test func aViewCannotCallWhatSQLiteDoesNotCallInnocuous() async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            try await database.write {
                try $0.execute(sql: "CREATE VIEW v AS SELECT count(*) AS a FROM pragma_table_info('items')")
            }
            let report = try await ask("SELECT a FROM v", in: directory)
            #expect(report.code == "config")
            #expect(report.message.contains("unsafe use of"), "\(report.message)")
        }
    }

    @Test func theConnectionCannotReachAnotherFileNorWrite() async throws {
        try await withCheckDirectory { directory in
            _ = try catalogue(directory)
            let configuration = Configuration.readOnly(patience: .zero, until: CancellationFlag())
            let database = try DatabaseQueue(path: directory.file("catalogue.sqlite"), configuration: configuration)
            for statement in ["ATTACH ':memory:' AS other", "DELETE FROM items", "CREATE TEMP TABLE t (x)"] {
                await #expect(throws: DatabaseError.self) {
                    try await database.unsafeRead { try $0.execute(sql: statement) }
                }
            }
        }
    }

    @Test func namesTheFileAndWhatIsWrongWithIt() async throws {
        try await withCheckDirectory { directory in
            try directory.write("empty.sqlite", "")
            try directory.write("text.sqlite", String(repeating: "this is no database\n", count: 100))
            try directory.write("short.sqlite", "SQLite")
            _ = try catalogue(directory)
            let whole = try DatabaseQueue(path: directory.file("torn.sqlite"))
            try await whole.write { database in
                try database.execute(sql: "CREATE TABLE items (x)")
                for _ in 0..<200 { try database.execute(sql: "INSERT INTO items VALUES (randomblob(200))") }
            }
            try whole.close()
            try #require(truncate(directory.file("torn.sqlite"), 8192) == 0)
            let rows = [
                ("no.sqlite", "config", "no such file"), (".", "config", "is a directory"),
                ("/dev/null", "config", "not a regular file"), ("catalogue.sqlite/x", "config", "not a directory"),
                ("empty.sqlite", "unexpected_document", "is empty"),
                ("text.sqlite", "unexpected_document", "not a SQLite database"),
                ("short.sqlite", "unexpected_document", "not a SQLite database"),
                ("torn.sqlite", "inconsistent", "damaged"),
            ]
            for (path, code, words) in rows {
                let source: JSONValue = ["path": .string(path), "sql": "SELECT count(*) FROM items"]
                let report = try await check(["sqlite": source], in: directory)
                #expect(report.code == code, "\(path): \(report.message)")
                #expect(report.message.contains(words), "\(path): \(report.message)")
                #expect(report.message.contains(path.hasPrefix("/") ? path : directory.file(path)))
            }
            #expect(access(directory.file("no.sqlite"), F_OK) != 0, "asking made a file")
        }
    }

    @Test func aLockedDatabaseIsWaitedForAndThenRefused() async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            let counter = SQLiteCounter(
                path: "catalogue.sqlite", statement: "SELECT count(*) FROM items", patience: .milliseconds(30))
            await #expect { try await counter.count(.test(directory.path)) } throws: { error in
                let error = error as? SourceError
                return error?.code == .timeout && error?.isRetryable == true
                    && error?.message.contains(directory.file("catalogue.sqlite")) == true
            }
            try await database.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            #expect(try await counter.count(.test(directory.path)).value == 3)
        }
    }

    @Test func cancellingEndsTheWaitForALock() async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            let counter = SQLiteCounter(path: "catalogue.sqlite", statement: "SELECT 1", patience: .seconds(3600))
            let run = Task { () -> SourceError? in
                do throws(SourceError) { _ = try await counter.count(.test(directory.path)) } catch { return error }
                return nil
            }
            run.cancel()
            #expect(await run.value?.code == .cancelled)
            try await database.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        }
    }

    @Test func cancellingEndsALongStatement() async throws {
        try await withCheckDirectory { directory in
            let database = try catalogue(directory)
            let run = Task { try await ask(Self.endless, in: directory) }
            try await waitForReader(of: database)
            run.cancel()
            #expect(try await run.value.outcome == .cancelled(.cancelled(nil)))
        }
    }

    /// On a clock on which ten seconds take no time.
    @Test(arguments: ["history.sqlite", "link.sqlite"])
    func theDaemonsOwnHistoryIsNotReadForLong(path: String) async throws {
        try await withCheckDirectory { directory in
            _ = try catalogue(directory, in: "history.sqlite")
            try #require(symlink("history.sqlite", directory.file("link.sqlite")) == 0)
            let context = JobContext.test(directory.path, clock: TickingClock {})
            let counter = SQLiteCounter(path: path, statement: Self.endless)
            await #expect { try await counter.count(context) } throws: { error in
                let error = error as? SourceError
                return error?.code == .timeout && error?.isRetryable == false
                    && error?.message.contains("own history") == true
            }
            let count = SQLiteCounter(path: path, statement: "SELECT count(*) FROM items")
            #expect(try await count.count(.test(directory.path)).value == 3)
        }
    }

    @Test func noOtherFileHasALimit() async throws {
        try await withCheckDirectory { directory in
            for file in ["catalogue.sqlite", "history.sqlite"] { _ = try catalogue(directory, in: file) }
            let clock = TickingClock { Issue.record("it waits for a limit") }
            let counter = SQLiteCounter(path: "catalogue.sqlite", statement: "SELECT count(*) FROM items")
            #expect(try await counter.count(.test(directory.path, clock: clock)).value == 3)
        }
    }

    /// Returns once somebody reads the database: from then on nobody else can have it alone.
    private func waitForReader(of database: DatabaseQueue) async throws {
        while true {
            do {
                try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE; COMMIT") }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                return
            }
            await Task.yield()
        }
    }
}
