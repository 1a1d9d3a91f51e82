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
            #expect(check.stdout.contains("sound; schema v3"))
            #expect(check.stdout.contains("1 tasks"))
        }
    }
}
