import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct TaskGroupTests {
    @Test func succeedsWithTheResultsInTheOrderGiven() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", [job("a"), job("b")]))
            try await bench.end("b", .succeeded("two"))
            try await bench.end("a", .succeeded("one"))
            #expect(try await bench.done(id).result == ["one", "two"])
        }
    }

    @Test func theFirstFailureCancelsTheOthersAndFailsWithAGroup() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", [job("a"), job("b"), job("c", ["hold": true])]))
            await bench.stage.started("a")
            try await bench.end("b", .boom())
            await bench.stage.until(.cancelled("a"))
            let group = try await bench.done(id)
            #expect(group.state == .failed)
            let boom: JSONValue = ["type": "Boom", "message": "boom"]
            #expect(group.exception?.type == "ExceptionGroup")
            #expect(group.exception?.details["exceptions"] == [boom])
            #expect(try await bench.task("a").state == .cancelled)
            #expect(try await bench.task("c").state == .cancelled)
        }
    }

    @Test func theGroupHoldsEveryFailureInCompletionOrderAndNoCancellation() async throws {
        try await withBench { bench in
            for name in ["a", "c"] { bench.stage.makeStubborn(name) }
            let id = try await bench.submit(composite("task_group", [job("a"), job("b"), job("c"), job("d")]))
            for name in ["a", "c", "d"] { await bench.stage.started(name) }
            try await bench.end("b", .boom("b"))
            for name in ["a", "c", "d"] { await bench.stage.until(.cancelled(name)) }
            #expect(try await bench.task(id).state == .running)
            try await bench.end("c", .boom("c"))
            try await bench.end("a", .boom("a"))
            let group = try await bench.done(id)
            let messages = group.exception?.details["exceptions"]?.arrayValue?.compactMap { $0["message"]?.stringValue }
            #expect(messages == ["b", "c", "a"])
            #expect(try await bench.task("d").state == .cancelled)
        }
    }

    @Test func aMemberCancelledOnItsOwnDoesNotDisturbTheGroup() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", [job("a"), job("b")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(bench.task("a").id, message: nil, force: false)
            try await bench.done("a")
            let other = try await bench.end("b", .succeeded(2))
            #expect(other.cancelRequests == 0)
            let group = try await bench.done(id)
            #expect(group.state == .succeeded)
            #expect(group.result == [["exception": ["type": "CancelledError", "message": ""]], 2])
        }
    }

    @Test func aFailureDuringItsCancellationWins() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("task_group", [job("a")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            await bench.stage.until(.cancelled("a"))
            try await bench.end("a", .boom())
            #expect(try await bench.done(id).exception?.type == "ExceptionGroup")
        }
    }

    @Test func aShieldedMemberSurvivesTheFailureOfItsSibling() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", [job("a"), job("safe", ["shield": true])]))
            await bench.stage.started("safe")
            try await bench.end("a", .boom())
            #expect(try await bench.done(id).state == .failed)
            #expect(!bench.stage.has(.cancelled("safe")))
            #expect(try await bench.end("safe", .succeeded(1)).state == .succeeded)
        }
    }

    @Test(arguments: [true, false])
    func whatAShieldedMemberMakesOfItselfAfterwardsIsNoneOfItsFailures(isAborted: Bool) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let members = [job("x"), job("a"), job("safe", ["shield": true])]
            let id = try await bench.submit(composite("task_group", members))
            for name in ["x", "a", "safe"] { await bench.stage.started(name) }
            if isAborted {
                try await bench.end("x", .boom("x"))
            } else {
                _ = try await bench.engine.cancel(id, message: "halt", force: false)
            }
            await bench.stage.until(.cancelled("a"))
            try await bench.end("safe", .boom("on its own"))
            try await bench.end("a", .cancelled(.cancelled(nil)))
            let exception = try await bench.done(id).exception
            let boom: JSONValue = ["type": "Boom", "message": "x"]
            #expect(isAborted ? exception?.details["exceptions"] == [boom] : exception == .cancelled("halt"))
        }
    }

    @Test func aShieldedMemberThatFailsFirstIsAFailureLikeOthers() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", [job("a"), job("safe", ["shield": true])]))
            await bench.stage.started("a")
            try await bench.end("safe", .boom())
            let boom: JSONValue = ["type": "Boom", "message": "boom"]
            #expect(try await bench.done(id).exception?.details["exceptions"] == [boom])
            #expect(try await bench.task("a").state == .cancelled)
        }
    }

    /// Its timeout comes first, and it hears of that only then.
    @Test func aShieldedMemberThatOutlivesTheTimeoutDoesNotDecide() async throws {
        try await withBench { bench in
            let members = [job("safe", ["shield": true])]
            let id = try await bench.submit(composite("task_group", members, ["timeout": "5s"]))
            await bench.stage.started("safe")
            #expect(try await bench.store.expire(id, at: Timestamp(milliseconds: 1)))
            try await bench.end("safe", .boom())
            try await withBench(takingUp: bench.directory, at: .seconds(9)) { (next) async throws in
                #expect(try await next.done(id).exception == .timeout(after: .seconds(5)))
            }
        }
    }
}
