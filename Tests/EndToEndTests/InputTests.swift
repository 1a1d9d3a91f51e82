import Foundation
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InputTests {
    @Test func whatIsSentToAQueuedCommandWaitsForIt() async throws {
        try await withDaemon(flags: ["--max-running", "1"]) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let first = try await daemon.submit(["shell": .string("read x <\(pipe)")])
            let cat: JSONValue = ["command": ["cat"], "stdin": "given\n", "stdin_open": true]
            let ids = try await daemon.submit([cat, cat])
            for id in ids {
                let reply = try await daemon.http("POST", "/v1/tasks/\(id)/input?end=true", bytes: Array("x".utf8))
                #expect(try reply.json == ["written": 0, "attempt": 1, "started": false])
            }
            async let sent = daemon.taskctl("send", "\(ids[0])", "hello", "--end", "--json")
            async let ended = daemon.taskctl("send", "\(ids[1])", "--end", "--json")
            try await daemon.directory.release(pipe)
            #expect(try await daemon.done(first)["state"] == "succeeded")
            #expect(try await daemon.done(ids[0])["result"]?["stdout"] == "given\nhello\n")
            #expect(try await daemon.done(ids[1])["result"]?["stdout"] == "given\n")
            #expect(try JSONParser.parse(await sent.stdout) == ["written": 6])
            #expect(try JSONParser.parse(await ended.stdout) == ["written": 0])
        }
    }

    @Test func aCommandThatIsOnlyStartingRefusesNothing() async throws {
        try await withDaemon { daemon in
            for _ in 0..<5 {
                let id = try await daemon.submit(["command": ["cat"], "stdin_open": true])
                let sent = try await daemon.http("POST", "/v1/tasks/\(id)/input", bytes: Array("a".utf8))
                #expect(sent.status == 200, "\(sent.text)")
                let written = try sent.json["written"]
                #expect(try await daemon.taskctl("send", "\(id)", "--end").stderr == "")
                #expect(try await daemon.done(id)["result"]?["stdout"] == (written == 1 ? "a" : ""))
            }
        }
    }

    @Test func anAttemptToComeIsNamed() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit([
                "shell": "exit 1", "stdin_open": true, "retry": ["attempts": 2, "backoff": "1h", "max_backoff": "1h"],
            ])
            try await daemon.event("retrying", of: id)
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/input", bytes: Array("a".utf8))
            #expect(try reply.json == ["written": 0, "attempt": 2, "started": false])
        }
    }

    @Test func nothingIsWrittenToWhatNeverReadsIt() async throws {
        try await withDaemon { daemon in
            let held = try await daemon.submit(["command": ["cat"], "stdin_open": true, "hold": true])
            let closed = try await daemon.submit(["command": ["cat"], "delay": "1h"])
            let done = try await daemon.submit(["command": ["true"], "stdin_open": true])
            _ = try await daemon.done(done)
            let sleep = try await daemon.submit(["sleep": 0, "delay": "1h"])
            for (id, words) in [
                (held, "is held"), (closed, "not submitted with stdin_open"), (done, "is succeeded"),
                (sleep, "a sleep"),
            ] {
                let reply = try await daemon.http("POST", "/v1/tasks/\(id)/input", bytes: Array("a".utf8))
                #expect(reply.status == 409 && reply.text.contains(words), "\(reply.text)")
            }
        }
    }
}
