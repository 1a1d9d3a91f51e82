import Foundation
import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TerminalTests {
    /// A name and an output that would clear the screen and set its title.
    private static let hostile = "\u{1B}[2J\u{1B}]0;owned\u{07}"

    @Test func controlCharactersAreEscapedOnATerminal() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run([
                "command": ["printf", "%s", .string(Self.hostile)], "name": .string(Self.hostile + "name"),
            ])
            let id = try #require(task["id"]?.intValue)
            for command in [
                "status", "status \(id)", "list", "history", "wait \(id)", "as-completed \(id)", "logs \(id)",
                "result \(id)",
            ] {
                let shown = try await onTerminal(command, daemon)
                #expect(!shown.contains("\u{1B}[2J"), "\(command)")
                #expect(!shown.contains("\u{1B}]0;"), "\(command)")
                #expect(!shown.contains("\u{07}"), "\(command)")
                #expect(shown.contains("[2J"), "\(command) shows that something was there: \(shown)")
            }
        }
    }

    @Test func outputIsExactOffATerminal() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["command": ["printf", "%s", .string(Self.hostile)]])
            for option in [[], ["--raw"]] {
                let reply = try await daemon.taskctl(["logs", "\(task["id"]?.intValue ?? 0)"] + option)
                #expect(reply.stdout == Self.hostile)
            }
            let shown = try await onTerminal("logs 1 --raw", daemon)
            #expect(!shown.contains("\u{1B}") && shown.contains("pipe it through cat"), "\(shown)")
            #expect(try await onTerminal("logs 1 --raw | cat", daemon).contains(Self.hostile))
        }
    }

    @Test func colourIsForTerminalsOnly() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            #expect(try await onTerminal("list", daemon).contains("\u{1B}["))
            #expect(try await !onTerminal("list", daemon, variables: "NO_COLOR=1").contains("\u{1B}["))
            #expect(try await !daemon.taskctl("list").stdout.contains("\u{1B}"))
        }
    }

    @Test func aWatchedStatusFitsTheScreen() async throws {
        try await withDaemon { daemon in
            let running = try await daemon.submit(["sleep": "1h", "name": "running"])
            try await daemon.event("started", of: running)
            for _ in 1...30 { _ = try await daemon.submit(["sleep": 0, "hold": true]) }
            let watched = "stty rows 10 cols 60; exec \(Program.taskctl) status --watch --socket \(daemon.socket)"
            async let ending = Program.run(
                "/usr/bin/script", ["-qefc", watched, "screen"], in: daemon.directory.path)
            func screen() -> String { (try? daemon.directory.read("screen")) ?? "" }
            while !screen().contains("\u{1B}[J") {
                try Task.checkCancellation()
                await Task.yield()
            }
            let first = try #require(screen().components(separatedBy: "\u{1B}[J").first)
            #expect(first.contains(" running") && first.contains("and 24 more lines\r\n"), "\(first)")
            #expect(first.split(separator: "\r\n").count { $0.contains("\u{1B}[K") } == 9, "\(first)")
            // It ends when no other daemon comes.
            try await daemon.end(SIGTERM)
            #expect(try await ending.status == 75)
        }
    }

    @Test func jsonIsAloneOnStandardOutput() async throws {
        try await withDaemon { daemon in
            let good = try #require(try await daemon.run(["sleep": 0])["id"]?.intValue)
            let bad = try #require(
                try await daemon.run(["sleep": 0, "raises": ["type": "Boom", "message": "no"]])["id"]?.intValue)
            let commands = [
                ["ping"], ["status"], ["status", "\(good)"], ["list"], ["history"], ["wait", "\(good)", "\(bad)"],
                ["jobs"],
                ["queues"], ["result", "\(good)"], ["exception", "\(bad)"], ["cancel", "\(good)"],
                ["gather", "\(good)"],
                ["progress", "\(good)"], ["retry", "\(good)"], ["submit", "--wait", "--", "false"],
            ]
            for command in commands {
                let terminator = command.firstIndex(of: "--") ?? command.endIndex
                let reply = try await daemon.taskctl(command[..<terminator] + ["--json"] + command[terminator...])
                #expect(throws: Never.self, "\(command): \(reply.stdout)") { try JSONParser.parse(reply.stdout) }
            }
            let refused = try await daemon.taskctl("result", "\(bad)", "--json")
            #expect(refused.stdout.isEmpty)
            #expect(refused.stderr.contains("Boom"))
        }
    }

    /// What `taskctl` writes when its standard output is a terminal.
    private func onTerminal(_ command: String, _ daemon: LiveDaemon, variables: String = "") async throws -> String {
        let line = "\(variables) TASKD_SOCKET=\(daemon.socket) \(Program.taskctl) \(command)"
        return try await Program.run("/usr/bin/script", ["-qec", line, "/dev/null"]).stdout
    }
}
