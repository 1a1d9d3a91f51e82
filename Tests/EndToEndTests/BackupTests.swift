import FoundationEssentials
import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BackupTests {
    @Test func aCopyOfTheHistoryIsMadeAndCanBeLookedThrough() async throws {
        try await withDaemon { daemon in
            for _ in 1...3 { _ = try await daemon.run(["sleep": 0]) }
            let reply = try await daemon.taskctl("backup", "copy.sqlite")
            #expect(reply.stdout.hasSuffix("bytes, 3 tasks\n"))
            let again = try await daemon.taskctl("backup", "copy.sqlite")
            #expect(again.status == 64)
            #expect(again.stderr.contains("is there already"))
            let answer = try await Program.run(
                "/usr/bin/sqlite3",
                ["-readonly", daemon.directory.path + "/copy.sqlite", "SELECT count(*) FROM history"])
            #expect(answer.stdout == "3\n")
        }
    }

    @Test func aDaemonSaysWhatItsFileIsLike() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
            #expect(check.status == 0)
            #expect(check.stdout.contains("sound; schema v4"))
            #expect(check.stdout.contains("1 tasks"))
        }
    }

    @Test func aHistoryThatIsRestoredGivesNumbersOutAgain() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["shell": "echo first"])
            #expect(try await daemon.taskctl("backup", "copy.sqlite").status == 0)
            for _ in 2...3 { _ = try await daemon.run(["shell": "echo later", "on_done": ["true"]]) }
            #expect(try await daemon.end(SIGTERM) == 0)
            try daemon.restore("copy.sqlite")
            try await daemon.start()
            // A task that has no directory of its own shows nobody else's, and its hook has not run.
            let asleep = try #require(try await daemon.run(["sleep": 0, "on_done": ["true"]])["id"]?.intValue)
            #expect(asleep == 2)
            #expect(try await daemon.taskctl("logs", "2").stdout == "")
            let hook = try await daemon.event("hook_finished", of: 2)
            #expect(hook > 0)
            let again = try await daemon.run(["shell": "echo again"])
            #expect(again["id"] == 3 && again["state"] == "succeeded")
            #expect(try await daemon.taskctl("logs", "3").stdout == "again\n")
            #expect(try await daemon.taskctl("logs", "1").stdout == "first\n")
            #expect(try daemon.aside() == ["2-1", "3-1"])
        }
    }

    @Test func whatHasRunSinceTheCopyDoesNotRunAgain() async throws {
        try await withDaemon { daemon in
            let held = try await daemon.submit(["shell": "echo run", "hold": true])
            #expect(try await daemon.taskctl("backup", "copy.sqlite").status == 0)
            #expect(try await daemon.taskctl("start", "\(held)").status == 0)
            #expect(try await daemon.done(held)["state"] == "succeeded")
            #expect(try await daemon.end(SIGTERM) == 0)
            try daemon.restore("copy.sqlite")
            try await daemon.start()
            #expect(try await daemon.taskctl("start", "\(held)").status == 0)
            let message = try await daemon.done(held)["exception"]?["message"]?.stringValue ?? ""
            #expect(message.contains("has run before"), "\(message)")
            #expect(try await daemon.taskctl("logs", "\(held)").stdout == "run\n")
            let again = try await daemon.http("POST", "/v1/tasks/\(held)/retry").json["id"]?.intValue
            #expect(try await daemon.done(again ?? 0)["state"] == "succeeded")
        }
    }
}

extension LiveDaemon {
    /// Puts the copy in the place of the history, while no daemon lives.
    fileprivate func restore(_ copy: String) throws {
        for suffix in ["", "-wal", "-shm"] { unlink(state + "/history.sqlite" + suffix) }
        try FileManager.default.copyItem(atPath: directory.path + "/" + copy, toPath: state + "/history.sqlite")
    }

    /// The names of what was set aside.
    fileprivate func aside() throws -> [String] {
        let old = state + "/tasks.old"
        return try FileManager.default.contentsOfDirectory(atPath: old)
            .flatMap { try FileManager.default.contentsOfDirectory(atPath: old + "/" + $0) }.sorted()
    }
}
