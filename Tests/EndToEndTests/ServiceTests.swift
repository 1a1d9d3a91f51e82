import Glibc
import Model
import Testing

/// What the daemon says to a service manager, and takes from it.
@Suite(.timeLimit(.minutes(1)))
struct ServiceTests {
    @Test func saysHowItFares() async throws {
        try await withService { daemon, manager in
            #expect(try await manager.message() == "READY=1")
            #expect(try await manager.message() == "STATUS=0 running, 0 queued")
            let id = try await daemon.submit(["sleep": "1h"])
            try await manager.message("STATUS=1 running, 0 queued")
            _ = try await daemon.submit(["sleep": 0, "after": [.int(id)]])
            try await manager.message("STATUS=1 running, 1 queued")
            try await daemon.hangUp()
            let reloading = try await manager.message()
            #expect(reloading.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=\d+/) != nil, "\(reloading)")
            #expect(try await manager.message() == "READY=1")
            #expect(try await daemon.end(SIGTERM) == 0)
            #expect(try await manager.message() == "STOPPING=1")
        }
    }

    @Test func isReadyWithWhatOutlivedTheLastDaemon() async throws {
        try await withService { daemon, manager in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo up; read x <\(pipe)")])
            try await daemon.firstLine(of: id)
            try await manager.message("STATUS=1 running, 0 queued")
            try await daemon.kill9()
            try await daemon.start(under: manager.starting())
            try await manager.message("READY=1")
            #expect(try await manager.message("STATUS=1 running, 0 queued").isEmpty)
            try await daemon.directory.release(pipe)
            #expect(try await daemon.done(id)["state"] == "succeeded")
        }
    }

    @Test func givesSignsOfLifeWhenAskedTo() async throws {
        try await withService(watchdog: 20_000) { daemon, manager in
            for _ in 0..<3 { try await manager.message("WATCHDOG=1") }
            // Also while there is much to do.
            _ = try await daemon.submit((0..<50).map { _ in ["sleep": 0] })
            for _ in 0..<3 { try await manager.message("WATCHDOG=1") }
        }
    }

    @Test func givesNoSignsOfLifeUnasked() async throws {
        try await withService { daemon, manager in
            for _ in 0..<3 { _ = try await daemon.run(["sleep": 0]) }
            #expect(try await daemon.end(SIGTERM) == 0)
            #expect(try await !manager.message("STOPPING=1").contains("WATCHDOG=1"))
        }
    }

    @Test func aCommandCannotSpeakForIt() async throws {
        try await withService(watchdog: 10_000_000) { daemon, _ in
            let task = try await daemon.run(["command": ["env"]])
            let output = try #require(task["result"]?["stdout"]?.stringValue)
            #expect(!output.contains("NOTIFY") && !output.contains("WATCHDOG") && !output.contains("LISTEN"))
        }
    }

    @Test func anAddressThatCannotBeIsRefused() async throws {
        try await withDirectory { directory in
            let reply = try await Program.run(
                "/usr/bin/env", ["NOTIFY_SOCKET=nowhere", Program.taskd, "--state-dir", directory.path + "/state"])
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("NOTIFY_SOCKET"))
        }
    }

    @Test func whatTakesLongerThanTheStopLimitIsKilled() async throws {
        try await withDaemon(flags: ["--stop-limit", "100ms"]) { daemon in
            let stubborn = "trap '' TERM; (trap '' TERM; echo up; sleep 3600) & while :; do sleep 3600; done"
            let id = try await daemon.submit(["shell": .string(stubborn), "grace": "1h"])
            try await daemon.firstLine(of: id)
            #expect(try await daemon.end(SIGTERM) == 0)
            #expect(try daemon.directory.shims().isEmpty)
            try await daemon.start()
            #expect(try await daemon.task(id)["exception"]?["type"] == "Interrupted")
        }
    }

    /// Whoever is not asked to end before the limit, because of a shield, was not cancelled by anybody either.
    @Test func theStopLimitEndsShieldsAndHooksToo() async throws {
        try await withDaemon(flags: ["--stop-limit", "100ms"]) { daemon in
            let once = try await daemon.submit(["shell": "echo up; sleep 3600", "shield": true, "grace": "1h"])
            let again = try await daemon.submit([
                "shell": "echo up; sleep 3600", "shield": true, "grace": "1h", "on_interrupt": "rerun",
            ])
            let asleep = try await daemon.submit(["sleep": 3600, "shield": true, "grace": "1h"])
            let pipe = try daemon.directory.pipe("hook")
            let told = try await daemon.submit([
                "sleep": 0, "on_done": ["/bin/sh", "-c", .string("trap '' TERM; read x <\(pipe)")],
            ])
            for id in [again, once] { try await daemon.firstLine(of: id) }
            // Its reader is there once it can be opened for writing.
            let writer = try await offPool { Glibc.open(pipe, O_WRONLY | O_CLOEXEC) }
            defer { close(writer) }
            #expect(try await daemon.end(SIGTERM) == 0)
            #expect(try daemon.directory.shims().isEmpty)
            try await daemon.start()
            #expect(try await daemon.task(once)["exception"]?["type"] == "Interrupted")
            #expect(try await daemon.task(asleep)["exception"]?["type"] == "Interrupted")
            #expect(try await daemon.task(told)["state"] == "succeeded")
            try await daemon.firstLine(of: again)
            #expect(try await daemon.task(again)["attempt"] == 2)
        }
    }

    @Test func theStopLimitConcernsNoCommandThatIsLeft() async throws {
        try await withDaemon(flags: ["--stop-limit", "0s"]) { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600"])
            try await daemon.firstLine(of: id)
            #expect(try await daemon.end(SIGUSR2) == 0)
            #expect(try daemon.directory.shims().count == 1)
        }
    }

    private func withService(
        watchdog microseconds: Int? = nil, _ test: (LiveDaemon, ServiceManager) async throws -> Void
    ) async throws {
        try await withDirectory { directory in
            let manager = try ServiceManager(in: directory)
            try await withDaemon(under: manager.starting(watchdog: microseconds)) { try await test($0, manager) }
        }
    }
}
