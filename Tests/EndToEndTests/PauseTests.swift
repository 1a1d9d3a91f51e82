import Foundation
import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PauseTests {
    @Test func aPausedCommandStandsStillUntilItIsResumed() async throws {
        try await withDaemon { daemon in
            // It answers each line by one of its own; stopped, it answers none.
            let id = try await daemon.submit([
                "shell": "echo $$; while read x; do echo got $x; done", "stdin_open": true,
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            let pid = try #require(Int32(try await output.line() ?? ""))
            #expect(try await daemon.taskctl("pause", "\(id)").stdout == "\(id)\n")
            #expect(try await daemon.task(id)["paused"] == true)
            #expect(try await daemon.taskctl("list").stdout.contains("  paused"))
            try await daemon.untilProcess(pid, is: "T")
            #expect(try await daemon.taskctl("send", "\(id)", "hello", "there").status == 0)
            try await daemon.restart()
            #expect(try await daemon.task(id)["paused"] == true)
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output").text == "\(pid)\n")
            #expect(try await daemon.taskctl("resume", "\(id)").status == 0)
            let more = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            _ = try await more.line()
            #expect(try await more.line() == "got hello there")
            #expect(try await daemon.task(id)["paused"] == false)
            let types = try await daemon.taskctl("events", "--task", "\(id)").stdout
            #expect(types.contains(" paused") && types.contains(" resumed"))
        }
    }

    /// What is asked of a shim and noted of it is two steps, and the daemon may die between them.
    @Test(arguments: [("pause", "C", "T"), ("resume", "S", "S")])
    func anOrderThatWasNotNotedIsTakenBack(noted: String, order: String, state: String) async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo $$; exec sleep 3600"])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            let pid = try #require(Int32(try await output.line() ?? ""))
            #expect(try await daemon.taskctl(noted, "\(id)").status == 0)
            try await daemon.untilProcess(pid, is: state)
            try await daemon.kill9()
            let control = "\(daemon.state)/tasks/\(id)/control"
            #expect(try await Program.shell("printf \(order) 1<>'\(control)'").status == 0)
            try await daemon.untilProcess(pid, is: state == "T" ? "S" : "T")
            try await daemon.start()
            try await daemon.untilProcess(pid, is: state)
            #expect(try await daemon.task(id)["paused"] == .bool(noted == "pause"))
        }
    }

    @Test func anOrderThatCannotBeNotedIsTakenBack() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit([
                "shell": "echo up; while read x; do echo got $x; done", "stdin_open": true,
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            let trigger =
                "CREATE TRIGGER broken BEFORE UPDATE OF paused ON tasks BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
            let made = try await Program.run("/usr/bin/sqlite3", ["-cmd", ".timeout 9000", daemon.history, trigger])
            try #require(made.status == 0, "\(made.stderr)")
            #expect(try await daemon.http("POST", "/v1/tasks/\(id)/pause").status == 500)
            #expect(try await daemon.taskctl("send", "\(id)", "hello").status == 0)
            #expect(try await output.line() == "got hello")
        }
    }

    @Test func aPausedCommandCanBeCancelled() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo $$; sleep 3600"])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            let pid = try #require(Int32(try await output.line() ?? ""))
            _ = try await daemon.taskctl("pause", "\(id)")
            try await daemon.untilProcess(pid, is: "T")
            #expect(try await daemon.taskctl("cancel", "\(id)", "--wait").stdout == "true\n")
            let task = try await daemon.task(id)
            #expect(task["state"] == "cancelled")
            #expect(task["paused"] == false)
        }
    }

    @Test func whatTheDaemonEndsIsNotPaused() async throws {
        try await withDaemon { daemon in
            let (cleaning, cleaned) = (try daemon.directory.pipe("cleaning"), try daemon.directory.pipe("cleaned"))
            let id = try await daemon.submit([
                "shell": .string(
                    "trap 'read x <\(cleaning); read x <\(cleaned); echo clean; exit 0' TERM; echo up; "
                        + "while :; do sleep 0.1; done"), "grace": "1m",
            ])
            try await daemon.firstLine(of: id)
            kill(try #require(daemon.pid), SIGTERM)
            try await daemon.directory.release(cleaning)
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/pause")
            try #require(reply.status == 409, "\(reply.text)")
            #expect(reply.text.contains("stop"), "\(reply.text)")
            try await daemon.directory.release(cleaned)
            #expect(try await daemon.ending() == 0)
            #expect(try daemon.directory.read("state/tasks/\(id)/stdout") == "up\nclean\n")
        }
    }

    @Test func isForRunningCommandsAlone() async throws {
        try await withDaemon { daemon in
            let sleep = try await daemon.submit(["sleep": "1h"])
            try await daemon.event("started", of: sleep)
            let held = try await daemon.submit(["shell": "true", "hold": true])
            let closed = try await daemon.submit(["shell": "echo up; sleep 3600"])
            let output = try await daemon.open("GET", "/v1/tasks/\(closed)/output?follow=true")
            #expect(try await output.line() == "up")
            for call in [
                "tasks/\(sleep)/pause", "tasks/\(held)/resume", "tasks/\(held)/input", "tasks/\(closed)/input",
            ] {
                let reply = try await daemon.http("POST", "/v1/\(call)")
                #expect(reply.status == 409, "\(call): \(reply.text)")
            }
            #expect(try await daemon.http("POST", "/v1/tasks/404/pause").status == 404)
            #expect(try await daemon.taskctl("send", "\(closed)", "x").status != 0)
        }
    }

    /// A command runs as the daemon's user, and may do anything to its files.
    @Test func whoPutsAFileInThePlaceOfItsControlIsNotPausedButEnded() async throws {
        try await withDaemon { daemon in
            let control = daemon.state + "/tasks/1/control"
            let id = try await daemon.submit([
                "shell": .string("rm \(control); : >\(control); echo up; exec cat"), "stdin_open": true,
            ])
            try #require(id == 1)
            try await daemon.firstLine(of: id)
            let pause = try await daemon.http("POST", "/v1/tasks/\(id)/pause")
            #expect(pause.status == 409 && pause.text.contains("control FIFO"), "\(pause.text)")
            #expect(try await daemon.task(id)["paused"] == false)
            let end = try await daemon.http("POST", "/v1/tasks/\(id)/input?end=true", bytes: Array("x".utf8))
            #expect(end.status == 409 && end.text.contains("control FIFO"), "\(end.text)")
            #expect(try await daemon.http("POST", "/v1/tasks/\(id)/cancel").status == 200)
            #expect(try await daemon.done(id)["state"] == "cancelled")
            #expect(try daemon.directory.read("state/tasks/1/control").isEmpty)
        }
    }

    @Test func anInputNobodyReadsFillsUp() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600", "stdin_open": true])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            let bytes = [UInt8](repeating: 0x61, count: 1 << 20)
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/input", bytes: bytes)
            #expect(try reply.json == ["written": 65536, "attempt": 1])
            #expect(
                try await daemon.http("POST", "/v1/tasks/\(id)/input", bytes: bytes).json == [
                    "written": 0, "attempt": 1,
                ])
        }
    }

    @Test func aCommandReadsToTheEndOfItsInput() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; exec sort", "stdin": "b\n", "stdin_open": true])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            #expect(try await daemon.taskctl("send", "\(id)", "c").status == 0)
            try await daemon.restart()
            #expect(try await daemon.taskctl("send", "\(id)", "a", "--end").status == 0)
            #expect(try await daemon.taskctl("wait", "\(id)", "--timeout", "30s").status == 0)
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output").text == "up\na\nb\nc\n")
        }
    }

    @Test func anEndedInputTakesNothingMore() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; cat; echo end; sleep 3600", "stdin_open": true])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            let sent = try await Program.shell(
                "echo last | TASKD_SOCKET=\(daemon.socket) \(Program.taskctl) send \(id) --end")
            #expect(sent.stderr == "")
            #expect(try await output.line() == "last")
            #expect(try await output.line() == "end")
            let more = try await daemon.taskctl("send", "\(id)", "more")
            #expect(more.status != 0)
            #expect(more.stderr.contains("is not open"))
        }
    }

    @Test func allThatIsSentIsReadInTheEnd() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; head -c 1000000 | cksum", "stdin_open": true])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            #expect(try await daemon.taskctl("pause", "\(id)").status == 0)
            let text = "yes taskd | head -c 1000000"
            async let sending = Program.shell(
                "\(text) | TASKD_SOCKET=\(daemon.socket) \(Program.taskctl) send \(id) --json")
            let input = open(daemon.state + "/tasks/\(id)/input", O_RDWR | O_NONBLOCK | O_CLOEXEC)
            defer { close(input) }
            var waiting: CInt = 0
            while waiting < 65536 {
                try #require(ioctl(input, UInt(FIONREAD), &waiting) == 0)
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(try await daemon.taskctl("resume", "\(id)").status == 0)
            #expect(
                try await output.line() == Program.shell("\(text) | cksum").stdout.trimmingCharacters(in: .newlines))
            let reply = try await sending
            #expect(try JSONParser.parse(reply.stdout) == ["written": 1_000_000])
        }
    }
}

extension LiveDaemon {
    /// Returns when the process is in the state that proc(5) writes as `letter`.
    fileprivate func untilProcess(_ pid: Int32, is letter: String) async throws {
        // The kernel tells a parent of a stopped child, and nobody else: looking again is all that is left.
        while try await Program.run("/bin/sh", ["-c", "cut -d' ' -f3 /proc/\(pid)/stat"]).stdout != letter + "\n" {
            try Task.checkCancellation()
        }
    }
}
