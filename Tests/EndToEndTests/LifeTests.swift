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

    @Test func commandsHaveTheMaskThatTheDaemonWasStartedWith() async throws {
        try await withDaemon(under: ["/bin/sh", "-c", "umask 027; exec \"$@\"", "sh"]) { daemon in
            let task = try await daemon.run(["shell": "umask"])
            #expect(task["result"]?["stdout"] == "0027\n")
        }
    }

    @Test func anothersSocketIsLeftWhereItStands() async throws {
        try await withDaemon { first in
            #expect(unlink(first.socket) == 0)
            try await withDaemon(flags: ["--socket", first.socket]) { _ in
                let ending = try await first.end(SIGTERM)
                #expect(ending == 0)
                let health = try await first.http("GET", "/v1/health")
                #expect(health.status == 200)
            }
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
            #expect(access(daemon.history + "-wal", F_OK) != 0, "all must be in the one file")
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

    /// A connection that was accepted and not served yet must not be forgotten, which NIO takes for a fault.
    @Test func aStopWhileClientsComeIsClean() async throws {
        try await withDaemon { daemon in
            for round in 1...5 {
                let (answers, answer) = AsyncStream<Void>.makeStream()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await withTaskGroup { clients in
                            for _ in 0..<8 {
                                clients.addTask {
                                    while (try? await daemon.http("GET", "/v1/health")) != nil { answer.yield() }
                                }
                            }
                        }
                        answer.finish()
                    }
                    var count = 0
                    for await _ in answers {
                        count += 1
                        if count == 40 { break }
                    }
                    try #require(count == 40, "the daemon has ended by itself")
                    let status = try await daemon.end(SIGTERM)
                    #expect(status == 0, "round \(round)")
                    try await group.waitForAll()
                }
                try await daemon.start()
            }
        }
    }

    @Test func whoAsksWhileItStopsIsToldSo() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let command = "trap '' TERM; echo up; read x < \(pipe)"
            let id = try await daemon.submit(["shell": .string(command), "grace": "1h"])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            async let waiting = daemon.taskctl("gather", "\(id)")
            while try await daemon.http("GET", "/v1/health").json["waited_for"] != 1 {}
            async let status = daemon.end(SIGTERM)
            // It takes tasks until it has seen the signal; were there nobody to ask after that, this would throw.
            var answer = 201
            while answer == 201 { answer = try await daemon.http("POST", "/v1/tasks", ["sleep": 0]).status }
            #expect(answer == 503)
            #expect(try await daemon.taskctl("submit", "--", "true").status == 75)
            #expect(try await daemon.taskctl("ping").status == 75)
            #expect(try await daemon.taskctl("doctor").stdout.contains("warn  daemon"))
            // Each waits for the next daemon for a while.
            async let wait = daemon.taskctl("wait", "\(id)").status
            async let next = daemon.taskctl("as-completed", "\(id)").status
            #expect(try await [waiting.status, wait, next] == [75, 75, 75])
            #expect(try await daemon.task(id)["state"] == "running")
            try await daemon.directory.release(pipe)
            #expect(try await status == 0)
        }
    }

    @Test func theHookOfATaskThatAStopEndsRunsUnderTheNextDaemon() async throws {
        try await withDaemon { daemon in
            let witness = daemon.directory.path + "/witness"
            let hook: JSONValue = ["/bin/sh", "-c", .string("echo $TASK_STATE >>\(witness)")]
            let id = try await daemon.submit(["sleep": "1h", "on_done": hook])
            try await daemon.event("started", of: id)
            #expect(try await daemon.end(SIGTERM) == 0)
            try await daemon.start()
            try await daemon.event("hook_finished", of: id)
            #expect(try await Program.run("/bin/cat", [witness]).stdout == "failed\n")
        }
    }

    @Test func aStopWaitsForTheHooksThatRun() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let begun = try daemon.directory.pipe("begun")
            let script = "echo begun >\(begun); read x < \(pipe)"
            let id = try await daemon.submit(["sleep": 0, "on_done": ["/bin/sh", "-c", .string(script)]])
            #expect(try await Program.run("/bin/cat", [begun]).stdout == "begun\n")
            async let status = daemon.end(SIGTERM)
            try await daemon.directory.release(pipe)
            #expect(try await status == 0)
            try await daemon.start()
            let events = try await daemon.taskctl("events", "--task", "\(id)").stdout
            #expect(events.contains(#"hook_finished {"exit_code": 0"#), "\(events)")
        }
    }

    @Test(arguments: [([], SIGUSR2), (["--on-stop", "leave"], SIGTERM)])
    func commandsCanBeLeftToTheNextDaemon(flags: [String], signal: Int32) async throws {
        try await withDaemon(flags: flags) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let command = try await daemon.submit(["shell": .string("echo up; read x < \(pipe); echo more; exit 3")])
            let output = try await daemon.open("GET", "/v1/tasks/\(command)/output?follow=true")
            #expect(try await output.line() == "up")
            let sleep = try await daemon.submit(["sleep": "1h"])
            try await daemon.event("started", of: sleep)
            #expect(try await daemon.end(signal) == 0)
            #expect(try daemon.directory.shims().count == 1)
            try await daemon.directory.release(pipe)
            try await daemon.start()
            let task = try await daemon.done(command)
            #expect(task["exception"]?["exit_code"] == 3)
            #expect(task["attempt"] == 1)
            #expect(try await daemon.http("GET", "/v1/tasks/\(command)/output").text == "up\nmore\n")
            #expect(try await daemon.task(sleep)["exception"]?["type"] == "Interrupted")
        }
    }

    @Test(arguments: [([], SIGUSR2), (["--on-stop", "leave"], SIGTERM)])
    func commandsMayEndWhileTheyAreLeft(flags: [String], signal: Int32) async throws {
        try await withDaemon(flags: flags) { daemon in
            var ids: [Int64] = []
            for _ in 0..<8 {
                let jobs = [JSONValue](repeating: ["command": ["true"]], count: 5)
                let tasks = try await daemon.http("POST", "/v1/tasks", .array(jobs)).json.arrayValue ?? []
                ids += tasks.compactMap { $0["id"]?.intValue }
                #expect(try await daemon.end(signal) == 0)
                try await daemon.start()
            }
            #expect(ids.count == 40)
            for id in ids { #expect(try await daemon.done(id)["state"] == "succeeded") }
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
        ["--max-running", "0"], ["--log-level", "loud"], ["--config", "/nonexistent.yaml"], ["--frobnicate\u{1B}[7m"],
        ["--socket", "/" + String(repeating: "x", count: 200)],
    ])
    func aWrongCommandLineIsRefused(arguments: [String]) async throws {
        try await withDirectory { directory in
            let reply = try await Program.run(Program.taskd, ["--state-dir", directory.path + "/state"] + arguments)
            #expect(reply.status == 64, "\(reply.stderr)")
            #expect(!reply.stderr.isEmpty && !reply.stderr.contains("\u{1B}"))
        }
    }

    private func listing(_ daemon: LiveDaemon) async throws -> String {
        try await Program.shell("stat -c '%n %i %s %Y' taskd.sock state/*", in: daemon.directory.path).stdout
    }
}
