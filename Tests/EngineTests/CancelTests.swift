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

    /// More than end in one commit, whether the daemon dies after the first or not.
    @Test(arguments: [true, false])
    func aLargeCompositeThatIsCancelledTakesAllItsMembersAlong(dies: Bool) async throws {
        try await withBench { bench in
            let members = (1...(Store.tasksAtOnce + 10)).map { job("\($0)") }
            let id = try await bench.submit(composite("gather", members, ["hold": true]))
            let after = try await bench.submit(job("after", ["after": [.int(Int64(members.count + 1))]]))
            func requireAllDone(_ bench: Bench) async throws {
                #expect(try await bench.store.counts().allSatisfy { $0.state.isDone || $0.count == 0 })
                #expect(try await bench.task(after).exception?.type == "DependencyFailed")
            }
            if dies {
                _ = try await bench.store.cancel(id, message: nil, force: false, at: Timestamp(milliseconds: 1))
                try await withBench(takingUp: bench.directory) { (next) async throws in try await requireAllDone(next) }
            } else {
                _ = try await bench.engine.cancel(id, message: nil, force: false)
                try await bench.engine.wait(WaitRequest(ids: (1...after.number).map(TaskID.init)))
                try await requireAllDone(bench)
            }
        }
    }

    /// What ends because of a task that nobody waits for any more comes after whoever waits for that, and a commit of it that
    /// fails ends the daemon, but makes nothing of what was committed.
    @Test func aFailureIsToldThoughNotAllOfItsDependentsEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first"))
            try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            #expect(try await bench.end("first", .boom()).state == .failed)
        }
    }

    @Test func aRequestThatWasTakenIsAnsweredThoughNotAllOfItsDependentsEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first", ["hold": true]))
            try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            #expect(try await bench.engine.cancel(first, message: nil, force: false).isTaken)
        }
    }

    @Test func aRequestToACompositeBetweenTwoTriesIsAnsweredThoughItsMembersAreNotReached() async throws {
        try await withBrokenRest { bench in
            let retry: JSONObject = ["retry": ["attempts": 2, "backoff": "1h"]]
            let id = try await bench.submit(composite("gather", [job("a"), job("b", ["delay": "1h"])], retry))
            try await bench.end("a", .boom())
            try await bench.until(id) { $0.waitingFor?["retry"] != nil }
            let next = try await bench.store.children(of: id)
            try await bench.store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        CREATE TRIGGER unreached BEFORE UPDATE OF cancel_requests ON tasks WHEN new.id = 3 BEGIN
                            SELECT RAISE(ABORT, 'unreached');
                        END
                        """)
            }
            #expect(try await bench.engine.cancel(id, message: nil, force: false).isTaken)
            for id in next { #expect(try await bench.task(id).state == .cancelled) }
        }
    }

    @Test func whatWasSubmittedIsAnsweredThoughNotAllOfItsMembersEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first"))
            try await bench.end("first", .boom())
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            let members = (1...Self.many).map { job("\($0)") }
            let id = try await bench.submit(composite("gather", members, ["after": [first.json]]))
            #expect(try await bench.task(id).state == .failed)
        }
    }

    /// More than end in one commit, and so many that the last do not.
    private static let many = Store.tasksAtOnce + 10

    /// Runs an engine for the length of `body`, after which a commit fails, and requires that the engine does so then.
    private func withBrokenRest(_ body: (Bench) async throws -> Void) async throws {
        var isOver = false
        let error = await #expect(throws: StoreError.self) {
            try await withBench { bench in
                try await body(bench)
                isOver = true
                _ = await bench.running.result
            }
        }
        #expect(isOver, "\(String(describing: error))")
    }

    /// Whether the daemon dies after the first commit or not.
    @Test(arguments: [true, false])
    func aSuccessLetsAllItsDependentsGo(dies: Bool) async throws {
        try await withBench(maximumRunning: 1) { bench in
            let first = try await bench.submit(job("first"))
            let ids = try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            let last = try #require(ids.last)
            if dies {
                await bench.stage.started("first")
                _ = try await bench.store.finish(first, RunReport(.succeeded(nil)), at: Timestamp(milliseconds: 1))
                try await withBench(maximumRunning: 1, takingUp: bench.directory) { (next) async throws in
                    _ = try await next.until(last) { $0.waitingFor == nil }
                }
            } else {
                try await bench.end("first", .succeeded(nil))
                try await bench.until(last) { $0.waitingFor == nil }
            }
        }
    }

    /// More dependents than end in one commit, submitted before and after the failure.
    @Test func aFailureTakesAllItsDependentsAlong() async throws {
        try await withBench { bench in
            let first = try await bench.submit(job("first"))
            let dependents = (1...(Store.tasksAtOnce + 10)).map { job("\($0)", ["after": [first.json]]) }
            let early = try await bench.submit(dependents)
            try await bench.end("first", .boom())
            for id in early { #expect(try await bench.done(id).exception?.type == "DependencyFailed") }
            for id in try await bench.submit(dependents) {
                #expect(try await bench.done(id).exception?.type == "DependencyFailed")
            }
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
