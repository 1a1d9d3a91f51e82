import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct RaceTests {
    @Test func theFirstToEndDecidesAndTheOthersAreCancelled() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("race", [job("a"), job("b")]))
            await bench.stage.started("a")
            try await bench.end("b", .succeeded("fast"))
            let race = try await bench.done(id)
            #expect(race.state == .succeeded)
            #expect(race.result == "fast")
            #expect(try await bench.task("a").state == .cancelled)
        }
    }

    @Test func aFailureWinsARaceToo() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("race", [job("a"), job("b")]))
            await bench.stage.started("b")
            try await bench.end("a", .boom("lost"))
            #expect(try await bench.done(id).exception?.message == "lost")
            #expect(try await bench.task("b").state == .cancelled)
        }
    }

    @Test func endsOnlyWhenTheOthersReallyHave() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("race", [job("a"), job("b")]))
            await bench.stage.started("a")
            try await bench.end("b", .succeeded(2))
            await bench.stage.until(.cancelled("a"))
            #expect(try await bench.task(id).state == .running)
            try await bench.end("a", .succeeded(1))
            #expect(try await bench.done(id).result == 2)
        }
    }

    /// `asyncio.wait` raises whatever its tasks make of the cancellation; a clean-up that fails is not lost.
    @Test(arguments: [Outcome.succeeded(1), .boom("clean-up")], [nil, "5s"] as [JSONValue?])
    func whoSucceedsAfterTheRaceWasCancelledHasNotWon(outcome: Outcome, timeout: JSONValue?) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let modifiers: JSONObject = timeout.map { ["timeout": $0] } ?? [:]
            let id = try await bench.submit(composite("race", [job("a")], modifiers))
            await bench.stage.started("a")
            if timeout == nil {
                _ = try await bench.engine.cancel(id, message: "halt", force: false)
            } else {
                await bench.clock.sleeper(until: .seconds(5))
                bench.clock.advance(by: .seconds(5))
            }
            await bench.stage.until(.cancelled("a"))
            let member = try await bench.end("a", outcome)
            let own: ExceptionInfo = timeout == nil ? .cancelled("halt") : .timeout(after: .seconds(5))
            #expect(try await bench.done(id).exception == member.exception ?? own)
        }
    }

    @Test func whoHasWonBeforeTheRaceIsOverHasWon() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("race", [job("a"), job("b")], ["timeout": "5s"]))
            await bench.stage.started("a")
            try await bench.end("b", .succeeded(2))
            await bench.stage.until(.asked("a", times: 1))
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.asked("a", times: 2))
            try await bench.end("a", .succeeded(1))
            #expect(try await bench.done(id).result == 2)
        }
    }

    @Test(arguments: [true, false])
    func whoHasWonBeforeTheRaceIsCancelledHasWon(restarts: Bool) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("race", [job("a"), job("b")]))
            await bench.stage.started("a")
            try await bench.end("b", .succeeded(2))
            await bench.stage.until(.asked("a", times: 1))
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            await bench.stage.until(.asked("a", times: 2))
            guard restarts else {
                try await bench.end("a", .succeeded(1))
                #expect(try await bench.done(id).result == 2)
                return
            }
            let stage = Stage()
            stage.end("a", .succeeded(1))
            try await withBench(takingUp: bench.directory, stage: stage) { (next) async throws in
                #expect(try await next.done(id).result == 2)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SequenceTests {
    @Test func runsOneAfterAnother() async throws {
        try await withBench { bench in
            let names = ["a", "b", "c"]
            let id = try await bench.submit(composite("sequence", names.map { job($0) }))
            for name in names { try await bench.end(name, .succeeded(.string(name))) }
            #expect(try await bench.done(id).result == ["a", "b", "c"])
            #expect(bench.stage.order == names)
            #expect(bench.stage.peak == 1)
        }
    }

    @Test func stopsAtTheFirstFailure() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("sequence", [job("a"), job("b"), job("c")]))
            try await bench.end("a", .succeeded(1))
            try await bench.end("b", .boom("second"))
            let sequence = try await bench.done(id)
            #expect(sequence.state == .failed)
            #expect(sequence.exception?.message == "second")
            let never = try await bench.task("c")
            #expect(never.state == .cancelled)
            #expect(never.startedAt == nil)
            #expect(bench.stage.order == ["a", "b"])
        }
    }

    @Test func cancellingItEndsTheRunningMemberAndNeverStartsTheRest() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("sequence", [job("a"), job("b")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            let sequence = try await bench.done(id)
            #expect(sequence.state == .cancelled)
            #expect(sequence.exception == .cancelled("halt"))
            #expect(try await bench.task("b").startedAt == nil)
        }
    }

    /// One `await` after another sees how a member ended when its turn comes.
    @Test func aMemberThatEndsOutOfTurnDecidesInItsTurn() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("sequence", [job("a"), job("b"), job("c"), job("d")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(TaskID(4), message: "not this one", force: false)
            try await bench.end("a", .succeeded(1))
            try await bench.end("b", .succeeded(2))
            #expect(try await bench.done(id).exception == .cancelled("not this one"))
            #expect(try await bench.task("d").startedAt == nil)
            #expect(bench.stage.order == ["a", "b"])
        }
    }

    @Test func aFailureGoesBeforeAMemberThatEndedOutOfTurn() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("sequence", [job("a"), job("b")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(TaskID(3), message: nil, force: false)
            try await bench.end("a", .boom("first"))
            #expect(try await bench.done(id).exception?.message == "first")
        }
    }

    /// What the member makes of it whose turn it is: its clean-up fails, or it succeeds all the same.
    @Test(arguments: [[job("a")], [job("a"), job("b")]])
    func theMemberThatRunsDecidesHowACancelledOneEnds(members: [JSONValue]) async throws {
        for outcome in [Outcome.boom("clean-up"), .succeeded(1)] {
            try await withBench { bench in
                bench.stage.makeStubborn("a")
                let id = try await bench.submit(composite("sequence", members))
                await bench.stage.started("a")
                _ = try await bench.engine.cancel(id, message: "halt", force: false)
                await bench.stage.until(.asked("a", times: 1))
                try await bench.end("a", outcome)
                let sequence = try await bench.done(id)
                switch outcome {
                case .failed(let exception): #expect(sequence.exception == exception)
                case .cancelled, .succeeded: #expect(sequence.exception == .cancelled("halt"))
                }
            }
        }
    }
}
