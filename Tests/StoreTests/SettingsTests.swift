import FoundationEssentials
import GRDB
import Model
import Synchronization
import Testing

@testable import Store

@Suite struct SettingsTests {
    @Test func theWriterCommitsDurably() async throws {
        try await withStore { bench in
            let settings = try await bench.store.settings()
            #expect(settings.synchronous == 2)
            #expect(settings.journalMode == "wal")
            #expect(settings.foreignKeys)
            // Also after a write: nothing sets it back.
            try await bench.submit(job("a"))
            #expect(try await bench.store.settings() == settings)
        }
    }

    @Test func readersOnlyRead() async throws {
        try await withStore { bench in
            let error = await #expect(throws: DatabaseError.self) {
                try await bench.store.pool.unsafeRead { try $0.execute(sql: "INSERT INTO queues (name) VALUES ('x')") }
            }
            #expect(error?.resultCode == .SQLITE_READONLY)
        }
    }

    @Test func whatWasCommittedIsThereForTheNextToOpen() async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            let first = try Store(path: path)
            let task = try await first.submit([Job(json: job("a"))], directory: "/d", by: nil, at: at(0)).submissions[0]
                .task
            try first.close()
            let second = try Store(path: path)
            #expect(try await second.task(task.id) == task)
            try second.close()
        }
    }

    @Test func anotherProgramsDatabaseIsLeftAsItWas() async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE items (id INTEGER)") }
            let before = try Data(contentsOf: URL(filePath: path))
            let error = #expect(throws: StoreError.self) { try Store(path: path) }
            #expect(error?.code == .corrupt)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func aDirectoryInItsPlaceIsRefused() async throws {
        try await withDirectory { directory in
            let error = #expect(throws: StoreError.self) { try Store(path: directory) }
            #expect(error?.message.contains("not a regular file") == true)
        }
    }

    @Test func aNewerSchemaIsRefusedAndTheFileLeftAsItWas() async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            let store = try Store(path: path)
            try await store.pool.writeWithoutTransaction { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999')")
            }
            try store.close()
            let before = try Data(contentsOf: URL(filePath: path))
            let error = #expect(throws: StoreError.self) { try Store(path: path) }
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains(path) == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test(arguments: [
        "this is no database, however long it may be made to look".utf8.map(\.self),
        Array(repeating: 0xFF, count: 8192),
    ])
    func aFileThatIsNoDatabaseIsRefusedAndLeftAsItWas(bytes: [UInt8]) async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            try Data(bytes).write(to: URL(filePath: path))
            let error = #expect(throws: StoreError.self) { try Store(path: path) }
            #expect(error?.code == .corrupt)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(bytes))
        }
    }

    /// Somebody else's transaction that stays open lets the log grow; afterwards it shrinks again.
    @Test func theLogIsGivenBackOnceAReaderHasGone() async throws {
        try await withStore { bench in
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let reader = try DatabaseQueue(path: bench.path, configuration: configuration)
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN")
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM tasks")
            }
            let jobs = try [Job](repeating: Job(json: job("a")), count: 1000)
            func logSize() throws -> Int {
                try #require(FileManager.default.attributesOfItem(atPath: bench.path + "-wal")[.size] as? Int)
            }
            while try logSize() < Store.logLimit + (4 << 20) {
                _ = try await bench.store.submit(jobs, directory: nil, by: nil, at: at(0))
            }
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try reader.close()
            for _ in 1...3 { _ = try await bench.store.submit(jobs, directory: nil, by: nil, at: at(0)) }
            #expect(try logSize() <= Store.logLimit)
        }
    }

    @Test func aDirectoryThatIsNotThereIsRefused() async throws {
        try await withDirectory { directory in
            let error = #expect(throws: StoreError.self) { try Store(path: directory + "/none/history.sqlite") }
            #expect(error?.code == .unavailable)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct GroupCommitTests {
    @Test func writesThatComeTogetherAreAllDurableAndShareCommits() async throws {
        try await withStore { bench in
            let commits = Mutex(0)
            let writer = Writer(pool: bench.store.pool) { commits.withLock { $0 += 1 } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        try await writer.write { db in
                            try db.execute(sql: "INSERT INTO queues (name) VALUES (?)", arguments: ["q\(number)"])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await bench.rows("SELECT count(*) FROM queues") == [[501.databaseValue]])
            #expect(commits.withLock(\.self) < 500)
        }
    }

    @Test func aCommandThatFailsIsUndoneAloneAndTheOthersStand() async throws {
        try await withStore { bench in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        do {
                            try await bench.store.write { db in
                                try db.execute(sql: "INSERT INTO queues (name) VALUES (?)", arguments: ["q\(number)"])
                                if number % 10 == 3 { throw UnknownTask(id: TaskID(Int64(number))) }
                            }
                            return true
                        } catch {
                            return error as? UnknownTask != UnknownTask(id: TaskID(Int64(number)))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { !$0 } == 10)
            let names = try await bench.rows("SELECT name FROM queues WHERE name <> 'default'")
            #expect(names.count == 90)
            #expect(!names.contains(["q13".databaseValue]))
        }
    }

    @Test func commandsRunInTheOrderOfTheCalls() async throws {
        try await withStore { bench in
            for number in 0..<50 {
                try await bench.store.write { db in
                    try db.execute(
                        sql: "UPDATE queues SET max_running = ? WHERE name = 'default'", arguments: [number + 1])
                }
                #expect(try await bench.store.queues().first?.maximumRunning == number + 1)
            }
        }
    }

    @Test func aListenerIsRungAfterACommit() async throws {
        try await withStore { bench in
            let commits = bench.store.commits()
            try await bench.submit(job("a"))
            var rings = commits.makeAsyncIterator()
            #expect(await rings.next() != nil)
        }
    }
}
