import Model
import Testing

/// What a task waits for, one reason after another.
@Suite(.timeLimit(.minutes(1)))
struct WhyTests {
    @Test func everyGateIsNamed() async throws {
        try await withDaemon { daemon in
            let held = try await daemon.submit(["sleep": 0, "hold": true])
            #expect(try await daemon.reasons(held) == ["held"])
            let after = try await daemon.submit(["sleep": 0, "after": [.int(held)]])
            #expect(try await daemon.reasons(after) == ["after"])
            let later = try await daemon.submit(["sleep": 0, "delay": "1h"])
            #expect(try await daemon.reasons(later) == ["delay"])
            let group = try await daemon.submit(["sequence": [["sleep": "1h"], ["sleep": 0]]])
            try await daemon.event("started", of: group + 1)
            #expect(try await daemon.reasons(group + 2) == ["parent"])
            #expect(try await daemon.reasons(group + 1) == [])
            let failing = try await daemon.submit(["shell": "false", "retry": ["attempts": 2, "backoff": "1h"]])
            try await daemon.event("retrying", of: failing)
            #expect(try await daemon.reasons(failing) == ["retry"])
            #expect(try await daemon.http("GET", "/v1/tasks/99/why").status == 404)
        }
    }

    @Test func fullAndPausedQueuesAreNamed() async throws {
        try await withDaemon(flags: ["--max-running", "1"]) { daemon in
            _ = try await daemon.http("PATCH", "/v1/queues/q", ["max_running": 1])
            let running = try await daemon.submit(["sleep": "1h", "queue": "q"])
            try await daemon.event("started", of: running)
            let first = try await daemon.submit(["sleep": 0, "queue": "q"])
            let second = try await daemon.submit(["sleep": 0, "queue": "q"])
            #expect(try await daemon.reasons(first) == ["queue_full", "daemon_full"])
            #expect(try await daemon.reasons(second) == ["queue_full", "daemon_full", "behind"])
            _ = try await daemon.http("PATCH", "/v1/queues/q", ["paused": true])
            #expect(try await daemon.reasons(first) == ["queue_paused", "queue_full", "daemon_full"])
            let reply = try await daemon.taskctl("why", "\(second)")
            #expect(reply.stdout.contains("taskctl queue resume q"))
            #expect(reply.stdout.contains("1 of its queue come before it"))
        }
    }
}
