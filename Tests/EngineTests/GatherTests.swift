import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct GatherTests {
    @Test func resultsComeInTheOrderGivenWhateverTheOrderOfEnding() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b"), job("c")]))
            for (name, value) in [("c", 3), ("a", 1), ("b", 2)] as [(String, JSONValue)] {
                try await bench.end(name, .succeeded(value))
            }
            let gather = try await bench.done(id)
            #expect(gather.state == .succeeded)
            #expect(gather.result == [1, 2, 3])
            #expect(gather.startedAt != nil)
        }
    }

    @Test func failsAtTheFirstFailureWhileTheOthersRunOn() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")]))
            await bench.stage.started("a")
            try await bench.end("b", .boom("first"))
            let gather = try await bench.done(id)
            #expect(gather.state == .failed)
            #expect(gather.exception == ExceptionInfo(type: "Boom", message: "first"))
            #expect(try await bench.task("a").state == .running)
            let survivor = try await bench.end("a", .succeeded(1))
            #expect(survivor.state == .succeeded)
            #expect(survivor.cancelRequests == 0)
            #expect(try await bench.task(id) == gather)
        }
    }

    @Test func aCancelledMemberCancelsAGatherThatDoesNotReturnExceptions() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(bench.task("a").id, message: "enough", force: false)
            let gather = try await bench.done(id)
            #expect(gather.state == .cancelled)
            #expect(gather.exception?.message == "enough")
            #expect(try await bench.end("b", .succeeded(2)).state == .succeeded)
        }
    }

    @Test func returnExceptionsWaitsForAllAndSucceeds() async throws {
        try await withBench { bench in
            let members = [job("a"), job("b"), job("c")]
            let id = try await bench.submit(composite("gather", members, ["return_exceptions": true]))
            try await bench.end("b", .boom())
            await bench.stage.started("c")
            _ = try await bench.engine.cancel(bench.task("c").id, message: "no", force: false)
            try await bench.done("c")
            #expect(try await bench.task(id).state == .running)
            try await bench.end("a", .succeeded(1))
            let gather = try await bench.done(id)
            #expect(gather.state == .succeeded)
            let boom: JSONValue = ["exception": ["type": "Boom", "message": "boom"]]
            #expect(gather.result == [1, boom, ["exception": ["type": "CancelledError", "message": "no"]]])
        }
    }

    @Test func cancellingItCancelsItsUnfinishedMembersAndLeavesTheFinished() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b"), job("c", ["delay": 60])]))
            try await bench.end("a", .succeeded(1))
            await bench.stage.started("b")
            let answer = try await bench.engine.cancel(id, message: "stop it", force: false)
            #expect(answer.isTaken)
            let gather = try await bench.done(id)
            #expect(gather.state == .cancelled)
            #expect(gather.exception == .cancelled("stop it"))
            #expect(try await bench.task("a").state == .succeeded)
            for name in ["b", "c"] {
                #expect(try await bench.task(name).state == .cancelled)
                #expect(try await bench.task(name).cancelMessage == "stop it")
            }
            #expect(!bench.stage.has(.started("c", attempt: 1)))
        }
    }

    @Test func returnExceptionsDoesNotHoldOffItsOwnCancellation() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")], ["return_exceptions": true]))
            await bench.stage.started("a")
            await bench.stage.started("b")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            #expect(try await bench.done(id).state == .cancelled)
        }
    }

    @Test func mergeMakesOneObject() async throws {
        try await withBench { bench in
            let members = ["main", "reserves", "interlibrary"].map { job($0) }
            let id = try await bench.submit(composite("gather", members, ["merge": true]))
            try await bench.end("interlibrary", .succeeded(["interlibrary": 34]))
            try await bench.end("main", .succeeded(["main": 1247]))
            try await bench.end("reserves", .succeeded(["reserves": 89]))
            let result = try #require(try await bench.done(id).result)
            #expect(result.text() == #"{"main":1247,"reserves":89,"interlibrary":34}"#)
        }
    }

    @Test func maximumRunningBoundsItsMembers() async throws {
        try await withBench { bench in
            let names = ["a", "b", "c", "d", "e"]
            let id = try await bench.submit(composite("gather", names.map { job($0) }, ["max_running": 2]))
            for (index, name) in names.enumerated() {
                await bench.stage.started(name)
                if index + 1 < names.count { await bench.stage.started(names[index + 1]) }
                try await bench.end(name, .succeeded(JSONValue(index)))
            }
            #expect(try await bench.done(id).result == [0, 1, 2, 3, 4])
            #expect(bench.stage.peak == 2)
            #expect(bench.stage.order == names)
        }
    }

    @Test func membersThatItsLimitHeldBackRunOnAfterItFailed() async throws {
        try await withBench { bench in
            let members = [job("a"), job("b"), job("c")]
            let id = try await bench.submit(composite("gather", members, ["max_running": 1]))
            try await bench.end("a", .boom())
            #expect(try await bench.done(id).state == .failed)
            #expect(try await bench.end("b", .succeeded(2)).state == .succeeded)
            #expect(try await bench.end("c", .succeeded(3)).state == .succeeded)
            #expect(bench.stage.peak == 1)
        }
    }
}
