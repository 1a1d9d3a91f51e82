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
}
