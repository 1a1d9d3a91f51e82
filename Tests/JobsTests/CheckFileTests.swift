import FoundationEssentials
import Glibc
import Model
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckFileTests {
    private func csv(_ path: String, key: String? = nil) -> JSONValue {
        ["file": ["path": .string(path), "format": "csv", "key": JSONValue(key)]]
    }

    private func marc(_ path: String) -> JSONValue {
        ["file": ["path": .string(path), "format": "marc"]]
    }

    @Test func countsUnderTheTasksName() async throws {
        try await withCheckDirectory { directory in
            try directory.write("ill.csv", "barcode,title\n1,Emma\n,Persuasion\n")
            let report = try await check(csv("ill.csv", key: "barcode"), in: directory)
            #expect(report.outcome == .succeeded(["main": 1]))
            let detail = try #require(report.detail)
            #expect(detail["exact"] == true)
            #expect(detail["method"] == "csv")
            #expect(detail["without_key"] == 1)
            #expect(detail["bytes"] == 33)
            #expect(try #require(detail["took_ms"]?.intValue) >= 0)
            #expect(try #require(detail["checked_at"]?.stringValue).hasSuffix("Z"))
        }
    }

    @Test func countsMarcRecordsApart() async throws {
        try await withCheckDirectory { directory in
            let record = marcRecord([("001", "a")])
            try directory.write("r.mrc", record + marcRecord(status: "d", [("001", "b")]) + [0x61, 0x1D] + record)
            let report = try await check(marc("r.mrc"), in: directory)
            #expect(report.count == 2)
            let detail = try #require(report.detail)
            #expect(detail["exact"] == false)
            #expect(detail["live"] == 2)
            #expect(detail["deleted"] == 1)
            #expect(detail["damaged"] == 1)
        }
    }

    @Test func namesThePathAndWhatIsWrongWithIt() async throws {
        try await withCheckDirectory { directory in
            try directory.write("real.csv", "a\n1\n")
            try directory.write("empty.csv", "")
            try directory.write("cut.mrc", marcRecord([("001", "a")]).dropLast())
            try #require(symlink("real.csv", directory.file("link.csv")) == 0)
            try #require(mkfifo(directory.file("pipe.csv"), 0o600) == 0)
            let rows: [(JSONValue, code: String, words: String)] = [
                (csv("no.csv"), "config", "no such file"), (csv("."), "config", "is a directory"),
                (csv("link.csv"), "config", "symbolic link"), (csv("pipe.csv"), "config", "not a regular file"),
                (csv("real.csv/x.csv"), "config", "not a directory"),
                (csv("/dev/null"), "config", "not a regular file"),
                (csv(String(repeating: "x", count: 300)), "config", "too long"),
                (csv("empty.csv"), "unexpected_document", "is empty"),
                (marc("empty.csv"), "unexpected_document", "is empty"),
                (marc("real.csv"), "unexpected_document", "not a MARC 21"),
                (marc("cut.mrc"), "inconsistent", "record 1, which starts at byte 0"),
                (csv("real.csv", key: "b"), "config", "the columns are: a"),
            ]
            for (source, code, words) in rows {
                let report = try await check(source, in: directory)
                let path = try #require(source["file"]?["path"]?.stringValue)
                #expect(report.code == code, "\(path): \(report.message)")
                #expect(report.message.contains(words), "\(report.message)")
                #expect(report.message.contains(path.hasPrefix("/") ? path : directory.file(path)))
                #expect(report.outcome.exception?.details["source"] == "main")
                #expect(report.outcome.exception?.details["retryable"] == .bool(code == "inconsistent"))
                #expect(report.detail?["exact"] == nil)
            }
        }
    }

    @Test func whatTheDaemonMayNotReadIsAQuestionOfPermission() {
        #expect(SourceError.opening(EACCES).code == .auth)
        #expect(SourceError.opening(EPERM).code == .auth)
        #expect(SourceError.opening(EMFILE).isRetryable)
    }

    @Test func refusesAFileBeyondTheLimit() async throws {
        try await withCheckDirectory { directory in
            try directory.write("huge.csv", "a\n")
            try #require(truncate(directory.file("huge.csv"), FileCounter.maximumSize + 1) == 0)
            let report = try await check(csv("huge.csv"), in: directory)
            #expect(report.code == "too_large")
        }
    }

    @Test(arguments: ["history.sqlite", "history.sqlite-wal", "link"])
    func leavesTheDaemonsOwnDatabaseAlone(name: String) async throws {
        try await withCheckDirectory { directory in
            for file in ["history.sqlite", "history.sqlite-wal"] { try directory.write(file, "a\n") }
            try #require(Glibc.link(directory.file("history.sqlite"), directory.file("link")) == 0)
            let report = try await check(csv(name), in: directory)
            #expect(report.code == "config")
            #expect(report.outcome.exception?.message.contains("own history") == true)
        }
    }

    /// A lock of this process is gone as soon as it closes any descriptor of the file.
    @Test func opensNoDatabaseThatComesToStandAtThePath() async throws {
        try await withCheckDirectory { directory in
            for name in ["state", "other"] {
                try #require(mkdir(directory.file(name), 0o700) == 0)
                try directory.write(name + "/history.sqlite", "a\n")
            }
            let history = directory.file("state/history.sqlite")
            let file = open(history, O_RDWR | O_CLOEXEC)
            defer { close(file) }
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            try #require(fcntl(file, F_SETLK, &lock) == 0)
            let (swapped, swap) = AsyncStream<Void>.makeStream()
            await withTaskGroup { group in
                group.addTask {
                    var target = "state"
                    while !Task.isCancelled {
                        symlink(target, directory.file("new"))
                        rename(directory.file("new"), directory.file("link"))
                        target = target == "state" ? "other" : "state"
                        swap.finish()
                    }
                }
                for await _ in swapped {}
                for _ in 0..<50_000 {
                    _ = try? RegularFile(path: directory.file("link/history.sqlite"), limit: 9, besides: history)
                }
                group.cancelAll()
            }
            // Asks as another open file of the same process would be answered (F_OFD_GETLK, fcntl(2)).
            try #require(fcntl(file, 36, &lock) == 0)
            #expect(lock.l_type == Int16(F_WRLCK))
        }
    }

    @Test(arguments: [1, 3, 100, 4096])
    func readsInPiecesOfAnySize(_ bufferSize: Int) async throws {
        try await withCheckDirectory { directory in
            let record = marcRecord([("001", "a"), ("245", "10\u{1F}aMiddlemarch")])
            try directory.write("r.mrc", Array(repeating: record, count: 20).flatMap(\.self))
            let counter = FileCounter(path: "r.mrc", format: .marc, key: "245a", bufferSize: bufferSize)
            #expect(try await counter.count(.test(directory.path)).value == 20)
        }
    }

    @Test func tellsProgressAtMostAHundredTimes() async throws {
        try await withCheckDirectory { directory in
            try directory.write("a.csv", String(repeating: "a\n", count: 2500))
            let told = Mutex<[Double]>([])
            let counter = FileCounter(path: "a.csv", format: .csv, key: nil, bufferSize: 10)
            let context = JobContext.test(directory.path) { progress in told.withLock { $0.append(progress.fraction) } }
            _ = try await counter.count(context)
            let fractions = told.withLock(\.self)
            #expect(fractions.count == 100)
            #expect(fractions == fractions.sorted())
            #expect(fractions.last == 1)
        }
    }

    @Test func refusesAFileThatGrowsMeanwhile() async throws {
        try await withCheckDirectory { directory in
            let path = try directory.write("a.csv", String(repeating: "a\n", count: 100))
            let counter = FileCounter(path: path, format: .csv, key: nil, bufferSize: 100)
            let context = JobContext.test { _ in _ = try? directory.write("a.csv", String(repeating: "a\n", count: 200))
            }
            await #expect { try await counter.count(context) } throws: { error in
                let error = error as? SourceError
                return error?.code == .inconsistent && error?.isRetryable == true
                    && error?.message.contains("changed while it was read") == true
            }
        }
    }

    @Test func cancellingEndsTheReading() async throws {
        try await withCheckDirectory { directory in
            let path = try directory.write("a.csv", String(repeating: "a\n", count: 1000))
            let counter = FileCounter(path: path, format: .csv, key: nil, bufferSize: 10)
            let (reading, tell) = AsyncStream.makeStream(of: Void.self)
            let isCancelled = CancellationFlag()
            // Runs on the thread that reads, which it holds up until the task is cancelled.
            let context = JobContext.test { _ in
                tell.yield()
                while !isCancelled.isRaised { sched_yield() }
            }
            let run = Task { () -> SourceError? in
                do throws(SourceError) { _ = try await counter.count(context) } catch { return error }
                return nil
            }
            for await _ in reading { break }
            run.cancel()
            isCancelled.raise()
            #expect(await run.value?.code == .cancelled)
        }
    }

    @Test func aCheckCancelledBeforeItStartsReadsNothing() async throws {
        try await withCheckDirectory { directory in
            let run = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await check(csv("no.csv"), in: directory)
            }
            let report = try await run.value
            #expect(report.outcome == .cancelled(.cancelled(nil)))
        }
    }

    @Test(arguments: [-1, SourceCount.maximum + 1, Int64.max])
    func aCountThatCannotBeIsRefused(_ number: Int64) {
        #expect { try SourceCount(number) } throws: { ($0 as? SourceError)?.code == .noCount }
    }
}
