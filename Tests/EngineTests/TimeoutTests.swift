import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct TimeoutTests {
    @Test func aTaskOverItsTimeFailsWithTimeoutError() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["timeout": "5s"]))
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            let task = try await bench.done(id)
            #expect(task.state == .failed)
            #expect(task.exception == .timeout(after: .seconds(5)))
            #expect(task.exception?.type == "TimeoutError")
            #expect(bench.stage.has(.cancelled("a")))
        }
    }

    @Test func aTaskThatSwallowsItsTimeoutHasSucceeded() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            try await bench.submit(job("a", ["timeout": "5s"]))
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.cancelled("a"))
            #expect(try await bench.end("a", .succeeded("done anyway")).state == .succeeded)
        }
    }

    @Test func aTaskThatFailsWhileTimingOutHasFailedItsOwnWay() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            try await bench.submit(job("a", ["timeout": "5s"]))
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.cancelled("a"))
            #expect(try await bench.end("a", .boom()).exception?.type == "Boom")
        }
    }

    @Test func aTimeoutOfZeroNeverRunsTheBody() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["timeout": 0]))
            #expect(try await bench.done(id).exception?.type == "TimeoutError")
            #expect(bench.stage.order.isEmpty)
        }
    }

    @Test(arguments: ["gather", "task_group", "race", "sequence"])
    func aTimeoutOfZeroIsToldToTheMembers(kind: String) async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite(kind, [job("a"), job("b")], ["timeout": 0]))
            #expect(try await bench.done(id).exception?.type == "TimeoutError")
            for name in ["a", "b"] {
                #expect(try await bench.task(name).exception == .cancelled("its \(kind) timed out"))
            }
        }
    }

    @Test func aCancelRequestBeforeTheTimeoutMakesItCancelled() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["timeout": "5s"]))
            await bench.clock.sleeper(until: .seconds(5))
            _ = try await bench.engine.cancel(id, message: "me first", force: false)
            await bench.stage.until(.cancelled("a"))
            bench.clock.advance(by: .seconds(6))
            #expect(try await bench.end("a", .cancelled(.cancelled(nil))).exception == .cancelled("me first"))
        }
    }

    @Test func aCancelRequestAfterTheTimeoutEndsTheTries() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["timeout": "5s", "retry": ["attempts": 3, "backoff": 0]]))
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.asked("a", times: 1))
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            await bench.stage.until(.asked("a", times: 2))
            let task = try await bench.end("a", .cancelled(.cancelled(nil)))
            #expect(task.exception == .timeout(after: .seconds(5)))
            #expect(task.attempt == 1)
        }
    }

    @Test(arguments: ["gather", "task_group", "race", "sequence"])
    func aCompositeOverItsTimeCancelsItsMembers(kind: String) async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite(kind, [job("a")], ["timeout": "5s"]))
            await bench.stage.started("a")
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            let task = try await bench.done(id)
            #expect(task.exception == .timeout(after: .seconds(5)))
            let member = try await bench.task("a")
            #expect(member.state == .cancelled)
            #expect(member.exception?.message == "its \(kind) timed out")
        }
    }

    @Test func aCompositesTimeoutDoesNotReachAShieldedMember() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a", ["shield": true])], ["timeout": "5s"]))
            await bench.stage.started("a")
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            #expect(try await bench.done(id).exception?.type == "TimeoutError")
            #expect(try await bench.end("a", .succeeded(1)).state == .succeeded)
        }
    }

    @Test func everyTryHasItsOwnTimeout() async throws {
        try await withBench { bench in
            let modifiers: JSONObject = ["timeout": "5s", "retry": ["attempts": 3, "backoff": 0]]
            let id = try await bench.submit(job("a", modifiers))
            for attempt in 1...3 {
                await bench.stage.started("a", attempt: attempt)
                await bench.clock.sleeper(until: .seconds(attempt * 5))
                bench.clock.advance(by: .seconds(5))
            }
            let task = try await bench.done(id)
            #expect(task.attempt == 3)
            #expect(task.exception?.type == "TimeoutError")
        }
    }
}
