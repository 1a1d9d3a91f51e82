import Jobs
import Model
import Store
import Testing

@testable import Engine

/// Deadlines that pass, or have passed, while no daemon lives.
@Suite(.timeLimit(.minutes(1))) struct RecoverDeadlineTests {
    @Test func aTimeoutGoesOnFromWhenTheTaskStarted() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["timeout": "10s"]))
            await bench.clock.sleeper(until: .seconds(10))
            try await withBench(takingUp: bench.directory, at: .seconds(7)) { (next) async throws in
                await next.clock.sleeper(until: .seconds(10))
                next.clock.advance(by: .seconds(3))
                #expect(try await next.done(id).exception == .timeout(after: .seconds(10)))
            }
        }
    }

    @Test func aClockThatWasSetBackMeanwhileStretchesNoTimeout() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["timeout": "10s"]))
            await bench.clock.sleeper(until: .seconds(10))
            try await withBench(takingUp: bench.directory, at: .seconds(-3600)) { (next) async throws in
                await next.clock.sleeper(until: .seconds(-3590))
                next.clock.advance(by: .seconds(10))
                #expect(try await next.done(id).exception == .timeout(after: .seconds(10)))
            }
        }
    }

    /// What ended in time counts, though nobody was there to see it, and what did not end does not.
    @Test(arguments: ["gather", "race", "task_group", "sequence"])
    func aDeadlineThatPassedMeanwhileComesAfterWhatEndedBefore(kind: String) async throws {
        for hasEnded in [true, false] {
            try await withBench { bench in
                let members = kind == "race" ? [job("a"), job("b")] : [job("a")]
                let id = try await bench.submit(composite(kind, members, ["timeout": "10s"]))
                await bench.stage.started("a")
                let stage = Stage()
                if hasEnded { stage.end("a", .succeeded(1)) }
                try await withBench(takingUp: bench.directory, at: .seconds(12), stage: stage) { (next) async throws in
                    let task = try await next.done(id)
                    if hasEnded {
                        #expect(task.state == .succeeded, "\(task)")
                    } else {
                        #expect(task.exception == .timeout(after: .seconds(10)), "\(task)")
                    }
                }
            }
        }
    }

    @Test(arguments: ["gather", "race", "task_group", "sequence"])
    func aDeadlineThatPassedUnderTheDaemonBeforeStaysPassed(kind: String) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite(kind, [job("a")], ["timeout": "10s"]))
            await bench.stage.started("a")
            await bench.clock.sleeper(until: .seconds(10))
            bench.clock.advance(by: .seconds(10))
            await bench.stage.until(.cancelled("a"))
            let stage = Stage()
            stage.end("a", .cancelled(.cancelled(nil)))
            try await withBench(takingUp: bench.directory, at: .seconds(12), stage: stage) { (next) async throws in
                #expect(try await next.done(id).exception == .timeout(after: .seconds(10)))
            }
            bench.stage.end("a", .succeeded(1))
        }
    }

    /// It takes a while to find out that it has ended.
    @Test func whatEndedBeforeADeadlineThatPassedMeanwhileWasNotLate() async throws {
        try await withBench { bench in
            let ids = try await bench.submit((1...20).map { job("\($0)", ["timeout": "10s"]) })
            for number in 1...20 { await bench.stage.started("\(number)") }
            let (found, find) = AsyncStream<Void>.makeStream()
            try await withBench(
                takingUp: bench.directory, at: .seconds(12),
                configure: { $0.handler = { _ in SlowlyFound(ended: found) } }
            ) { (next) async throws in
                for _ in 1...10 { try await next.engine.pulse() }
                find.finish()
                for id in ids {
                    let task = try await next.done(id)
                    #expect(task.state == .succeeded && !task.timedOut && task.cancelRequests == 0, "\(task)")
                }
            }
        }
    }

    @Test func aDeadlineThatPassedMeanwhileComesAfterCompositesThatEndNow() async throws {
        try await withBench { bench in
            let inner = composite("gather", [composite("sequence", [job("a")]), composite("race", [job("b")])])
            let id = try await bench.submit(composite("gather", [inner], ["timeout": "10s"]))
            for name in ["a", "b"] { await bench.stage.started(name) }
            let stage = Stage()
            for name in ["a", "b"] { stage.end(name, .succeeded(.string(name))) }
            try await withBench(takingUp: bench.directory, at: .seconds(12), stage: stage) { (next) async throws in
                #expect(try await next.done(id).result == [[["a"], "b"]])
            }
        }
    }

    @Test func aMemberThatWentWithTheDaemonFailsItsCompositeBeforeADeadlineDoes() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")], ["timeout": "10s"]))
            for name in ["a", "b"] { await bench.stage.started(name) }
            let stage = Stage()
            stage.orphan("a")
            try await withBench(takingUp: bench.directory, at: .seconds(12), stage: stage) { (next) async throws in
                #expect(try await next.done(id).exception == .interrupted)
            }
        }
    }
}

/// A job that ended well while there was no daemon, which is found out when the stream ends.
private struct SlowlyFound: JobHandler {
    let ended: AsyncStream<Void>

    func run(_ context: JobContext) async -> RunReport { RunReport(.failed(.interrupted)) }

    func resume(_ context: JobContext) async -> RunReport? {
        for await _ in ended {}
        return RunReport(.succeeded(1))
    }
}
