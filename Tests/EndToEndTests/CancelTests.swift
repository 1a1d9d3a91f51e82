import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancelTests {
    @Test func aQueuedTaskNeverStarts() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "delay": "1h"])
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/cancel", ["message": "not today"])
            #expect(try reply.json["cancelled"] == true)
            let task = try await daemon.done(id)
            #expect(task["state"] == "cancelled")
            #expect(task["started_at"] == .null)
            #expect(task["cancel_message"] == "not today")
            #expect(task["exception"]?["type"] == "CancelledError")
        }
    }

    @Test func aMessageThatIsTooLongIsRefused() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "hold": true])
            func cancel(_ length: Int) async throws -> HTTPReply {
                let message = JSONValue.string(String(repeating: "x", count: length))
                return try await daemon.http("POST", "/v1/tasks/\(id)/cancel", ["message": message])
            }
            #expect(try await cancel(1025).status == 400)
            #expect(try await daemon.task(id)["cancel_requests"] == 0)
            #expect(try await cancel(1024).status == 200)
        }
    }

    @Test func aRunningSleepEnds() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            try await daemon.event("started", of: id)
            #expect(try await daemon.taskctl("cancel", "\(id)", "--wait").stdout == "true\n")
            let task = try await daemon.task(id)
            #expect(task["state"] == "cancelled")
            #expect(task["cancel_requests"] == 1)
        }
    }

    @Test func aRunningCommandDiesOfItsSignal() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600"])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            #expect(try await daemon.done(id)["state"] == "cancelled")
        }
    }

    @Test func aCommandThatEndsWellAllTheSameHasSucceeded() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit([
                "shell": "trap 'echo saved; exit 0' TERM; echo up; while :; do sleep 0.05; done"
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "up")
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            let task = try await daemon.done(id)
            #expect(task["state"] == "succeeded")
            #expect(task["result"]?["stdout"] == "up\nsaved\n")
        }
    }

    @Test func aDoneTaskAnswersFalseAndStaysAsItWas() async throws {
        try await withDaemon { daemon in
            let before = try await daemon.run(["sleep": 0])
            let id = try #require(before["id"]?.intValue)
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            #expect(try reply.json["cancelled"] == false)
            #expect(try await daemon.task(id) == before)
            let again = try await daemon.taskctl("cancel", "\(id)")
            #expect(again.stdout == "false\n")
            #expect(again.status == 0)
        }
    }

    @Test func aShieldedTaskGivesWayOnlyToForce() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h", "shield": true])
            #expect(try await daemon.http("POST", "/v1/tasks/\(id)/cancel").status == 409)
            let forced = try await daemon.http("POST", "/v1/tasks/\(id)/cancel", ["force": true])
            #expect(try forced.json["cancelled"] == true)
            #expect(try await daemon.done(id)["state"] == "cancelled")
        }
    }

    @Test func aCompositeCancelsItsMembers() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["gather": [["sleep": "1h"], ["sleep": "1h"]]])
            try await daemon.event("started", of: id)
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            #expect(try await daemon.done(id)["state"] == "cancelled")
            let members = try await daemon.http("GET", "/v1/tasks?parent_id=\(id)").json["tasks"]?.arrayValue
            #expect(members?.map { $0["state"] } == ["cancelled", "cancelled"])
        }
    }

    @Test func aTimeoutFailsTheTask() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["sleep": "1h", "timeout": "50ms"])
            #expect(task["state"] == "failed")
            #expect(task["exception"]?["type"] == "TimeoutError")
        }
    }
}
