import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct BackupTests {
    @Test func theCopyIsOneSoundFileOfAllThatWasCommitted() async throws {
        try await withStore { bench in
            for number in 1...50 { try await bench.submit(job("job \(number)")) }
            let path = try bench.backups() + "/copy.sqlite"
            let copy = try await bench.store.backUp(to: path)
            #expect(copy.tasks == 50)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.backups()) == ["copy.sqlite"])
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64 == copy.bytes)
            let report = try Store.check(path)
            #expect(report.tasks == 50)
            #expect(report.events == 50)
            // It can be gone on with.
            let store = try Store(path: path)
            #expect(try await store.counts().map(\.count).reduce(0, +) == 50)
            try store.close()
        }
    }

    /// A mark that combines with the slash before it makes it no other directory.
    @Test func refusesANameInItsOwnDirectoryHoweverItBegins() async throws {
        try await withStore { bench in
            let own = try #require(bench.store.path.parentPath)
            let error = await #expect(throws: StoreError.self) {
                _ = try await bench.store.backUp(to: own + "/\u{301}copy.sqlite")
            }
            #expect(error?.message.contains("for taskd's own files") == true, "\(error?.message ?? "")")
        }
    }

    @Test func whatIsThereStays() async throws {
        try await withStore { bench in
            let path = try bench.backups() + "/mine"
            try Data("mine".utf8).write(to: URL(filePath: path))
            let error = await #expect(throws: StoreError.self) { try await bench.store.backUp(to: path) }
            #expect(error?.message.contains("is there already") == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
        }
    }

    @Test func nothingIsLeftWhereItCannotBeWritten() async throws {
        try await withStore { bench in
            let error = await #expect(throws: StoreError.self) {
                try await bench.store.backUp(to: bench.directory + "/none/copy")
            }
            #expect(error?.code == .unusablePath)
            #expect(error?.message.contains("No such file or directory") == true)
        }
    }

    @Test(arguments: ["copy", "history.sqlite-journal", "link/copy", "tasks/7"])
    func theDaemonsOwnDirectoryTakesNoBackup(name: String) async throws {
        try await withStore { bench in
            symlink(bench.directory, bench.directory + "/link")
            mkdir(bench.directory + "/tasks", 0o700)
            let error = await #expect(throws: StoreError.self) {
                try await bench.store.backUp(to: bench.directory + "/" + name)
            }
            #expect(error?.code == .unusablePath)
            #expect(access(bench.directory + "/" + name, F_OK) != 0)
        }
    }

    @Test func aDamagedHistoryIsNoBackup() async throws {
        try await withStore { bench in
            try await bench.store.write { try $0.execute(sql: "DROP INDEX tasks_name") }
            let error = await #expect(throws: StoreError.self) {
                try await bench.store.backUp(to: bench.backups() + "/copy.sqlite")
            }
            #expect(error?.code == .corrupt)
            #expect(error?.message.hasPrefix(bench.path + ": damaged: ") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.backups()).isEmpty)
        }
    }

    @Test func writingGoesOnMeanwhile() async throws {
        try await withStore { bench in
            try await bench.submit(job("first"))
            async let copy = bench.store.backUp(to: bench.backups() + "/copy.sqlite")
            for number in 1...20 { try await bench.submit(job("job \(number)")) }
            #expect(1...21 ~= (try await copy).tasks)
        }
    }
}

@Suite struct CheckTests {
    @Test func aSoundFileIsDescribed() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            let report = try Store.check(bench.path)
            #expect((report.schema, report.tasks, report.events) == ("v4", 1, 1))
        }
    }

    @Test func aReferenceThatLeadsNowhereIsFound() async throws {
        try await withStore { bench in
            try await bench.execute(
                """
                PRAGMA foreign_keys = OFF;
                INSERT INTO events (task_id, at, type) VALUES (99, '2026-11-24T00:00:00.000Z', 'x');
                PRAGMA foreign_keys = ON;
                """)
            let error = #expect(throws: StoreError.self) { try Store.check(bench.path) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test(arguments: ["TABLE labels", "VIEW history", "INDEX tasks_name"])
    func aPartThatIsMissingIsFound(_ part: String) async throws {
        try await withStore { bench in
            try await bench.store.write { try $0.execute(sql: "DROP \(part)") }
            let error = #expect(throws: StoreError.self) { try Store.check(bench.path) }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains(part.lowercased()) == true)
        }
    }

    @Test func aDamagedPageIsFoundAndLeftAsItWas() async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            let store = try Store(path: path)
            let bench = StoreBench(store: store, directory: directory)
            for number in 1...200 { try await bench.submit(job("job \(number)")) }
            try store.close()
            var bytes = try Data(contentsOf: URL(filePath: path))
            for page in 5..<(bytes.count / 4096) {
                bytes.replaceSubrange(page * 4096..<page * 4096 + 64, with: Data(count: 64))
            }
            try bytes.write(to: URL(filePath: path))
            let error = #expect(throws: StoreError.self) { try Store.check(path) }
            #expect(error?.code == .corrupt)
            #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
        }
    }
}

extension StoreBench {
    /// A directory that copies may be in.
    fileprivate func backups() throws -> String {
        let path = directory + "/backups"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
