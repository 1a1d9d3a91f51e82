import GRDB
import Model
import Testing

@testable import Engine
@testable import Store

@Suite(.timeLimit(.minutes(1))) struct CancelTests {
    /// A request that the store has taken and the composite has not heard of when a member's failure ends it.
    @Test func aRequestThatMeetsTheEndOfAGatherReachesItsMembers() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")]))
            for name in ["a", "b"] { await bench.stage.started(name) }
            _ = try await bench.store.cancel(id, message: "late", force: false, at: Timestamp(milliseconds: 1))
            try await bench.end("a", .boom())
            #expect(try await bench.done(id).exception?.message == "boom")
            #expect(try await bench.done("b").state == .cancelled)
        }
    }

    @Test func aQueuedTaskNeverStarts() async throws {
        try await withBench(maximumRunning: 1) { bench in
            try await bench.submit(job("a"))
            await bench.stage.started("a")
            let id = try await bench.submit(job("b"))
            let answer = try await bench.engine.cancel(id, message: "not now", force: false)
            #expect(answer.isTaken)
            #expect(answer.task.state == .cancelled)
            #expect(answer.task.exception == .cancelled("not now"))
            #expect(answer.task.startedAt == nil)
            try await bench.end("a", .succeeded(nil))
            let next = try await bench.submit(job("c"))
            bench.stage.end("c", .succeeded(nil))
            try await bench.done(next)
            #expect(bench.stage.order == ["a", "c"])
        }
    }

    @Test func aRunningTaskIsCancelledOnceItHasReallyEnded() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            let answer = try await bench.engine.cancel(id, message: "why", force: false)
            #expect(answer.isTaken)
            #expect(answer.task.state == .running)
            #expect(answer.task.cancelRequests == 1)
            await bench.stage.until(.cancelled("a"))
            #expect(try await bench.task(id).state == .running)
            let task = try await bench.end("a", .cancelled(.cancelled(nil)))
            #expect(task.state == .cancelled)
            #expect(task.exception == .cancelled("why"))
        }
    }

    @Test func aTaskThatEndsWellAfterTheRequestHasSucceeded() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            await bench.stage.until(.cancelled("a"))
            let task = try await bench.end("a", .succeeded("anyway"))
            #expect(task.state == .succeeded)
            #expect(task.cancelRequests == 1)
        }
    }

    @Test func aSecondRequestIsToldAndTheFirstMessageKept() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "first", force: false)
            await bench.stage.until(.asked("a", times: 1))
            _ = try await bench.engine.cancel(id, message: "second", force: false)
            await bench.stage.until(.asked("a", times: 2))
            let task = try await bench.end("a", .cancelled(.cancelled(nil)))
            #expect(task.cancelRequests == 2)
            #expect(task.cancelMessage == "first")
            #expect(task.exception?.message == "first")
        }
    }

    @Test func aFirstRequestWithoutAReasonStaysOne() async throws {
        try await withBench { bench in
            for name in ["a", "b"] { bench.stage.makeStubborn(name) }
            let id = try await bench.submit(composite("gather", [job("a"), job("b")]))
            for name in ["a", "b"] { await bench.stage.started(name) }
            _ = try await bench.engine.cancel(bench.task("a").id, message: nil, force: false)
            _ = try await bench.engine.cancel(id, message: "second", force: false)
            await bench.stage.until(.asked("a", times: 2))
            for (name, message) in [("a", nil), ("b", "second")] {
                let task = try await bench.end(name, .cancelled(.cancelled(nil)))
                #expect(task.cancelMessage == message && task.exception == .cancelled(message))
            }
        }
    }

    @Test func aDoneTaskIsNotCancelledAndNothingChanges() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            let before = try await bench.end("a", .succeeded(1))
            let answer = try await bench.engine.cancel(id, message: "late", force: true)
            #expect(!answer.isTaken)
            #expect(answer.task == before)
            #expect(try await bench.task(id) == before)
        }
    }

    @Test func aShieldedTaskGivesWayOnlyToForce() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["shield": true]))
            await bench.stage.started("a")
            let error = await #expect(throws: EngineError.self) {
                _ = try await bench.engine.cancel(id, message: nil, force: false)
            }
            #expect(error?.code == .wrongState)
            #expect(try await bench.task(id).cancelRequests == 0)
            #expect(try await bench.engine.cancel(id, message: nil, force: true).isTaken)
            #expect(try await bench.done(id).state == .cancelled)
        }
    }

    @Test func aShieldedMemberOutlivesItsParent() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a", ["shield": true]), job("b")]))
            await bench.stage.started("a")
            await bench.stage.started("b")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            #expect(try await bench.done(id).state == .cancelled)
            #expect(try await bench.task("b").state == .cancelled)
            #expect(!bench.stage.has(.cancelled("a")))
            #expect(try await bench.end("a", .succeeded(1)).cancelRequests == 0)
        }
    }

    @Test(arguments: ["gather", "task_group", "race", "sequence"])
    func eachRequestToACompositeInsistsOnItsMembers(kind: String) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite(kind, [job("a")]))
            await bench.stage.started("a")
            for times in 1...3 {
                _ = try await bench.engine.cancel(id, message: nil, force: false)
                await bench.stage.until(.asked("a", times: times))
            }
            let member = try await bench.end("a", .cancelled(.cancelled(nil)))
            #expect(member.cancelRequests == 3)
            #expect(try await bench.done(id).state == .cancelled)
        }
    }

    /// As in asyncio, the first member that ends without a result says how a cancelled gather ends.
    @Test func aFailingCleanUpIsWhatACancelledGatherFailsWith() async throws {
        for others in [[], [job("b")]] {
            try await withBench { bench in
                bench.stage.makeStubborn("a")
                let id = try await bench.submit(composite("gather", [job("a")] + others))
                for name in ["a", "b"].prefix(1 + others.count) { await bench.stage.started(name) }
                _ = try await bench.engine.cancel(id, message: "halt", force: false)
                if !others.isEmpty { _ = try await bench.done("b") }
                let member = try await bench.end("a", .boom("clean-up"))
                let exception = try await bench.done(id).exception
                #expect(exception == (others.isEmpty ? member.exception : .cancelled("halt")))
            }
        }
    }

    /// As in asyncio, whose shields are cancelled at once: before anybody's clean-up, and whatever becomes of what they shield.
    @Test(arguments: [true, false], [Outcome.boom("clean-up"), .cancelled(.cancelled(nil))])
    func aShieldedMemberLeavesACancelledGatherCancelled(isFirst: Bool, cleanUp: Outcome) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("gather", [job("a"), job("safe", ["shield": true])]))
            for name in ["a", "safe"] { await bench.stage.started(name) }
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            await bench.stage.until(.cancelled("a"))
            if isFirst { try await bench.end("safe", .boom("on its own")) }
            try await bench.end("a", cleanUp)
            #expect(try await bench.done(id).exception == .cancelled("halt"))
        }
    }

    @Test func aShieldedMemberWhoseTurnNeverCameHidesNoFailingCleanUp() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("sequence", [job("a"), job("safe", ["shield": true])]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            await bench.stage.until(.cancelled("a"))
            try await bench.end("a", .boom("clean-up"))
            #expect(try await bench.done(id).exception == Outcome.boom("clean-up").exception)
        }
    }

    @Test func aMemberThatEndsBeforeItsTurnIsCounted() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b"), job("c")], ["max_running": 1]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(TaskID(3), message: nil, force: false)
            try await bench.end("a", .boom())
            try await bench.end("c", .succeeded(3))
            #expect(try await bench.done(id).exception?.type == "CancelledError")
            #expect(bench.stage.order == ["a", "c"])
        }
    }

    @Test func anUnknownTaskIsRefused() async throws {
        try await withBench { bench in
            let error = await #expect(throws: EngineError.self) {
                _ = try await bench.engine.cancel(TaskID(99), message: nil, force: false)
            }
            #expect(error?.code == .unknownTask)
        }
    }

    @Test func aCancelledTaskIsNotTriedAgain() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["retry": ["attempts": 3, "backoff": 0]]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            await bench.stage.until(.cancelled("a"))
            let task = try await bench.end("a", .boom())
            #expect(task.state == .failed)
            #expect(task.attempt == 1)
        }
    }
}
