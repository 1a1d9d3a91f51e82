import Foundation
import Glibc
import Model
import Testing

/// A damaged history is never wiped and never ignored.
@Suite(.timeLimit(.minutes(5)))
struct DamageTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (inout Data) -> Void
    }

    static let damages = [
        Damage(testDescription: "no header") { $0.replaceSubrange(0..<100, with: Data(count: 100)) },
        Damage(testDescription: "no first page") { $0.replaceSubrange(0..<4096, with: Data(count: 4096)) },
        Damage(testDescription: "cut to a page and a half") { $0 = $0.prefix(6000) },
        Damage(testDescription: "random bytes") { data in
            var generator = SeededGenerator(seed: 15)
            data = Data((0..<8192).map { _ in UInt8.random(in: 0...255, using: &generator) })
        },
        Damage(testDescription: "cut to nothing") { $0 = Data() },
        Damage(testDescription: "cut to a byte") { $0 = $0.prefix(1) },
        Damage(testDescription: "a text") { $0 = Data("remember the milk\n".utf8) },
    ]

    @Test(arguments: damages)
    func isRefusedAndLeftAsItWas(damage: Damage) async throws {
        try await withDaemon { daemon in
            for _ in 1...20 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            try await daemon.end(SIGTERM)
            let file = URL(filePath: daemon.history)
            let whole = try Data(contentsOf: file)
            var bytes = whole
            damage.apply(&bytes)
            #expect(bytes != whole)
            try bytes.write(to: file)
            let error = await #expect(throws: TestFailure.self) { try await daemon.start() }
            #expect("\(String(describing: error))".contains("history.sqlite"))
            #expect(try Data(contentsOf: file) == bytes)
            // What was there comes back with the file.
            try whole.write(to: file)
            try await daemon.start()
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.count == 20)
        }
    }

    /// SQLite would go on writing to a file that nobody finds any more.
    @Test(arguments: ["", "-wal"])
    func nothingIsAcknowledgedWhenAFileWasMoved(suffix: String) async throws {
        try await withDaemon { daemon in
            for _ in 1...20 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            #expect(rename(daemon.history + suffix, daemon.history + ".moved") == 0)
            // It ends for it, perhaps before it has answered.
            let reply = try? await daemon.http("POST", "/v1/tasks", ["sleep": 0, "hold": true])
            #expect(reply.map { $0.status >= 500 } ?? true, "\(reply?.text ?? "")")
            let log = daemon.log
            let ending = try await daemon.ending()
            #expect(ending == 70, "\(log)")
            // What the log held was saved; the history has to be put back.
            if suffix.isEmpty { #expect(rename(daemon.history + ".moved", daemon.history) == 0) }
            try await daemon.start()
            let tasks = try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue
            #expect(tasks?.count == 20)
            #expect(try await daemon.submit(["sleep": 0]) == 21)
        }
    }

    /// SQLite takes such a log for an empty one.
    @Test(arguments: [0, 8, 17, 30])
    func aLogWithADamagedHeaderIsLeftAsItWas(place: Int) async throws {
        try await withDaemon { daemon in
            for _ in 1...20 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            try await daemon.kill9()
            let log = URL(filePath: daemon.history + "-wal")
            let whole = try Data(contentsOf: log)
            var bytes = whole
            bytes[place] ^= 0x10
            try bytes.write(to: log)
            let error = await #expect(throws: TestFailure.self) { try await daemon.start() }
            #expect("\(String(describing: error))".contains("history.sqlite-wal: damaged"))
            let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
            #expect(check.status == 70 && check.stderr.contains("history.sqlite-wal: damaged"))
            #expect(try Data(contentsOf: log) == bytes)
            try whole.write(to: log)
            try await daemon.start()
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.count == 20)
        }
    }

    /// Who has removed the log has lost what was in it, and no more.
    @Test func aHistoryWithoutItsLogIsAHistory() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.submit(["sleep": 0, "hold": true])
            try await daemon.kill9()
            for suffix in ["-wal", "-shm"] { #expect(unlink(daemon.history + suffix) == 0) }
            let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
            #expect(check.status == 0, "\(check.stderr)")
            try await daemon.start()
        }
    }

    /// SQLite begins anew with a file that is empty, and throws the log away.
    @Test func aLogWithoutItsFileIsLeftAsItWas() async throws {
        try await withDaemon { daemon in
            for _ in 1...20 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            try await daemon.kill9()
            let log = URL(filePath: daemon.history + "-wal")
            let (whole, frames) = (try Data(contentsOf: URL(filePath: daemon.history)), try Data(contentsOf: log))
            for isThere in [true, false] {
                if isThere {
                    try Data().write(to: URL(filePath: daemon.history))
                } else {
                    try FileManager.default.removeItem(atPath: daemon.history)
                }
                let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
                #expect(check.status == 70 && check.stderr.contains("restore a backup"), "\(check.stderr)")
                let error = await #expect(throws: TestFailure.self) { try await daemon.start() }
                #expect("\(String(describing: error))".contains("restore a backup"))
                #expect(try Data(contentsOf: log) == frames)
            }
            try whole.write(to: URL(filePath: daemon.history))
            try await daemon.start()
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.count == 20)
        }
    }

    @Test func aDamagedPageThatIsMetEndsTheDaemon() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.submit(["sleep": 0, "hold": true])
            try await daemon.end(SIGTERM)
            let page = try await Program.run(
                "/usr/bin/sqlite3",
                ["-readonly", daemon.history, "SELECT rootpage FROM sqlite_master WHERE name = 'labels'"])
            let root = try #require(Int(page.stdout.trimmingCharacters(in: .whitespacesAndNewlines)))
            let file = try #require(FileHandle(forUpdatingAtPath: daemon.history))
            try file.seek(toOffset: UInt64(root - 1) * 4096)
            try file.write(contentsOf: Data(repeating: 99, count: 8))
            try file.close()
            try await daemon.start()
            let job: JSONValue = ["sleep": 0, "hold": true, "labels": ["a": "b"]]
            // The answer may be lost with the daemon.
            let answer = try? await daemon.http("POST", "/v1/tasks", job)
            #expect(answer == nil || answer?.status == 500)
            #expect(try await daemon.ending() == 70)
        }
    }

    /// A flipped bit in a page may be met only when the page is read: what is told then is a failure, never another truth.
    @Test func aFlippedBitIsFoundByTheCheck() async throws {
        let flips = Torture.times(20, long: 300)
        try await withDaemon { daemon in
            for _ in 1...50 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            try await daemon.end(SIGTERM)
            let file = URL(filePath: daemon.history)
            let whole = try Data(contentsOf: file)
            var generator = SeededGenerator(seed: 16)
            var found = 0
            for _ in 0..<flips {
                var bytes = whole
                // The head of a page says what is in it.
                let page = Int.random(in: 1..<whole.count / 4096, using: &generator)
                bytes[page * 4096 + .random(in: 0..<8, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                try bytes.write(to: file)
                let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
                if check.status != 0 { found += 1 }
                #expect(try Data(contentsOf: file) == bytes)
            }
            #expect(found > flips / 2)
            Torture.report("\(flips) bits flipped in the heads of pages: found by the check \(found), files changed 0")
            try whole.write(to: file)
            try await daemon.start()
        }
    }
}
