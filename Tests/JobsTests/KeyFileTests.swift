import FoundationEssentials
import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(2)))
struct KeyFileTests {
    @Test func keysAreCountedOnceARecord() async throws {
        try await withCheckDirectory { directory in
            try directory.attempt.makeEmpty()
            var collector = try KeyCollector(.isbn, path: directory.attempt.keys)
            // One book under its old and its new number is no duplicate.
            try collector.take(["0415203929 (pbk.)", "9780415203920"])
            try collector.take(["043942089X", "0439420890"])
            try collector.take(["978-0415203920"])
            try collector.take([" ", ""])
            try collector.take([String]())
            let tally = try collector.finish()
            #expect(tally == KeyTally(keys: 2, duplicates: 1, unusable: 1, withoutKey: 2))
            #expect(
                try directory.keptKeys() == [
                    KeyEntry(key: "9780415203920", times: 2), KeyEntry(key: "9780439420891", times: 1),
                ])
        }
    }

    @Test func comparesFilesOfManyKeys() async throws {
        try await withCheckDirectory { directory in
            // In an order that is none, with every seventh key twice.
            let first = (0..<20_000).map { String($0 * 7919 % 20_011) }
            let second = (0..<20_000).map { String($0 * 6007 % 20_021 + 5000) }
            let left = try await directory.keyFile(first + first.filter { $0.hasSuffix("7") }, task: 1)
            let right = try await directory.keyFile(second, task: 2)
            let comparison = try await left.compared(with: right, limit: 100)
            let (a, b) = (Set(first), Set(second))
            #expect(comparison.onlyFirst.count == Int64(a.subtracting(b).count))
            #expect(comparison.onlySecond.count == Int64(b.subtracting(a).count))
            #expect(comparison.both.count == Int64(a.intersection(b).count))
            #expect(comparison.onlyFirst.keys == Array(a.subtracting(b).sorted().prefix(100)))
            #expect(comparison.onlySecond.keys == Array(b.subtracting(a).sorted().prefix(100)))
            #expect(comparison.both.keys == Array(a.intersection(b).sorted().prefix(100)))
            let twice = a.filter { $0.hasSuffix("7") }.sorted()
            let duplicates = try await left.duplicates(limit: 50)
            #expect(duplicates == twice.prefix(50).map { KeyEntry(key: $0, times: 2) })
            #expect(try await left.duplicates(limit: .max).count == twice.count)
        }
    }

    @Test func aFileThatIsGoneOrDamagedIsToldOf() async throws {
        try await withCheckDirectory { directory in
            let file = try await directory.keyFile(["a"], task: 1)
            let damaged = try await directory.keyFile(["b"], task: 2)
            let path = AttemptDirectory(state: directory.path, task: TaskID(2), attempt: 1).keys
            try Data("this is no database".utf8).write(to: URL(filePath: path))
            let gone = KeyFile(in: AttemptDirectory(state: directory.path, task: TaskID(3), attempt: 1))
            for other in [damaged, gone] {
                let error = await #expect(throws: ExceptionInfo.self) { try await file.compared(with: other, limit: 1) }
                #expect(error?.message.contains("cannot be read") == true)
                await #expect(throws: ExceptionInfo.self) { try await other.duplicates(limit: 1) }
            }
        }
    }

    @Test func aDirectoryThatCannotBeWrittenFailsTheCheck() async throws {
        try await withCheckDirectory { directory in
            try directory.write("l.csv", "lccn\n1\n")
            try directory.write("tasks", "no directory")
            let source: JSONValue = ["file": ["path": "l.csv", "format": "csv", "key": "lccn"]]
            let report = try await checkKeys(source, in: directory)
            #expect(report.code == "connect")
            #expect(report.message.contains("keys cannot be kept"))
        }
    }
}
