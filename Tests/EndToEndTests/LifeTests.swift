import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LifeTests {
    @Test func aSecondDaemonExitsAndTouchesNothing() async throws {
        try await withDaemon { daemon in
            let before = try await daemon.run(["sleep": 0, "returns": 1])
            let files = try await listing(daemon)
            let second = try await Program.run(Program.taskd, daemon.arguments)
            #expect(second.status == 75)
            #expect(second.stderr.contains(daemon.state))
            #expect(try await listing(daemon) == files)
            #expect(try await daemon.task(before["id"]?.intValue ?? 0) == before)
            #expect(try await daemon.done(daemon.submit(["sleep": 0]))["state"] == "succeeded")
        }
    }

    @Test func aSocketInUseIsLeftAlone() async throws {
        try await withDaemon { daemon in
            let other = daemon.directory.path + "/other"
            let second = try await Program.run(Program.taskd, ["--state-dir", other, "--socket", daemon.socket])
            #expect(second.status == 75)
            #expect(second.stderr.contains(daemon.socket))
            #expect(try await daemon.http("GET", "/v1/health").status == 200)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aStopCommitsEverythingAndTakesTheSocketAway(signal: Int32) async throws {
        try await withDaemon { daemon in
            let done = try await daemon.run(["sleep": 0, "returns": "kept"])
            let sleeping = try await daemon.submit(["sleep": "1h"])
            let waiting = try await daemon.submit(["sleep": 0, "hold": true])
            try await daemon.event("started", of: sleeping)
            #expect(try await daemon.end(signal) == 0)
            #expect(access(daemon.socket, F_OK) != 0, "the socket must be gone")
            let rows = try await Program.run(
                "/usr/bin/sqlite3", [daemon.history, "PRAGMA integrity_check; SELECT state FROM tasks ORDER BY id"])
            #expect(rows.stdout == "ok\nsucceeded\nfailed\nheld\n")
            try await daemon.start()
            #expect(try await daemon.task(done["id"]?.intValue ?? 0) == done)
            #expect(try await daemon.task(sleeping)["exception"]?["type"] == "Interrupted")
            #expect(try await daemon.task(waiting)["state"] == "held")
        }
    }

    /// Requests that nothing would ever answer: each must be let go when the daemon stops.
    @Test(arguments: ["events", "output", "wait", "as_completed", "idle"])
    func aStopDoesNotWaitForAClientThatWaits(kind: String) async throws {
        try await withDaemon { daemon in
            let held = try await daemon.submit(["shell": "true", "hold": true])
            let ids: JSONValue = ["ids": [.int(held)]]
            // The head of a stream comes at once; a wait has none before its end, so it is left to run beside.
            let stream: HTTPStream? =
                switch kind {
                case "events": try await daemon.open("GET", "/v1/events?follow=true")
                case "output": try await daemon.open("GET", "/v1/tasks/\(held)/output?follow=true")
                case "as_completed": try await daemon.open("POST", "/v1/as_completed", ids)
                default: nil
                }
            async let wait = kind == "wait" ? daemon.http("POST", "/v1/wait", ids).status : 0
            _ = try await daemon.http("GET", "/v1/health")
            let start = ContinuousClock.now
            let status = try await daemon.end(SIGTERM)
            #expect(status == 0)
            #expect(start.duration(to: .now) < .seconds(10))
            _ = try? await wait
            withExtendedLifetime(stream) {}
        }
    }

    @Test func aStopEndsRunningCommands() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600"])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            #expect(try await daemon.end(SIGTERM) == 0)
            #expect(try daemon.directory.shims().isEmpty)
            try await daemon.start()
            #expect(try await daemon.task(id)["exception"]?["type"] == "Interrupted")
        }
    }

    @Test(arguments: [
        ["--max-running", "0"], ["--log-level", "loud"], ["--config", "/nonexistent.yaml"], ["--frobnicate"],
        ["--socket", "/" + String(repeating: "x", count: 200)],
    ])
    func aWrongCommandLineIsRefused(arguments: [String]) async throws {
        try await withDirectory { directory in
            let reply = try await Program.run(Program.taskd, ["--state-dir", directory.path + "/state"] + arguments)
            #expect(reply.status == 64, "\(reply.stderr)")
            #expect(!reply.stderr.isEmpty)
        }
    }

    private func listing(_ daemon: LiveDaemon) async throws -> String {
        try await Program.shell("stat -c '%n %i %s %Y' taskd.sock state/*", in: daemon.directory.path).stdout
    }
}
