// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct StopTests {
    @Test func whatRunsIsInterrupted() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            await bench.engine.stop()
            #expect(try await bench.task(id).exception == .interrupted)
            #expect(bench.stage.has(.cancelled("a")))
        }
    }

    @Test func whatMayRunAgainGoesBackToItsQueue() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["on_interrupt": "rerun"]))
            await bench.stage.started("a")
            await bench.engine.stop()
            #expect(try await bench.task(id).state == .queued)
            try await withBench(takingUp: bench.directory) { next in
                let task = try await next.end("a", attempt: 2, .succeeded("again"))
                #expect(task.attempt == 2)
                #expect(task.result == "again")
            }
        }
    }

    /// It may have failed by itself just before, which is how it ended then.
    @Test(arguments: [true, false]) func whatFailsBecauseItIsStoppedIsInterrupted(wasAsked: Bool) async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["retry": 3]))
            await bench.stage.started("a")
            async let stopping: Void = bench.engine.stop()
            await bench.stage.until(.cancelled("a"))
            bench.stage.end("a", .boom(), wasAsked: wasAsked)
            await stopping
            let task = try await bench.task(id)
            if wasAsked {
                #expect(task.exception == .interrupted)
            } else {
                #expect(task.state == .queued && task.attempt == 1)
            }
        }
    }

    @Test func whatEndsWellWhileStoppingHasSucceeded() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            async let stopping: Void = bench.engine.stop()
            await bench.stage.until(.cancelled("a"))
            bench.stage.end("a", .succeeded(1))
            await stopping
            #expect(try await bench.task(id).state == .succeeded)
        }
    }

    @Test func C072_aShieldedTaskMayEndByItself() async throws {
        try await withBench { bench in
            let shielded = try await bench.submit(job("a", ["shield": true]))
            let other = try await bench.submit(job("b"))
            await bench.stage.started("a")
            await bench.stage.started("b")
            async let stopping: Void = bench.engine.stop()
            await bench.stage.until(.cancelled("b"))
            #expect(!bench.stage.has(.cancelled("a")))
            bench.stage.end("a", .succeeded(1))
            await stopping
            #expect(try await bench.task(shielded).state == .succeeded)
            #expect(try await bench.task(other).exception == .interrupted)
        }
    }

    @Test func C072_aShieldedTaskIsInterruptedAfterItsGrace() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["shield": true, "grace": "3s"]))
            await bench.stage.started("a")
            async let stopping: Void = bench.engine.stop()
            await bench.clock.sleeper(until: .seconds(3))
            #expect(!bench.stage.has(.cancelled("a")))
            bench.clock.advance(by: .seconds(3))
            await stopping
            #expect(try await bench.task(id).exception == .interrupted)
        }
    }

    @Test func aRestartDoesNotWaitForShields() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["shield": true]))
            await bench.stage.started("a")
            await bench.engine.stop(leavingCommands: true)
            #expect(try await bench.task(id).exception == .interrupted)
        }
    }

    @Test func noMoreWorkIsTaken() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.engine.stop()
            let error = await #expect(throws: EngineError.self) { try await bench.submit(job("b")) }
            #expect(error?.code == .stopping)
            #expect(try await bench.store.tasks(TaskFilter()).tasks.map(\.id) == [id])
        }
    }

    @Test func aCompositeGoesOnUnderTheNextDaemon() async throws {
        try await withBench { bench in
            let members = [job("a"), job("b", ["on_interrupt": "rerun"])]
            let id = try await bench.submit(composite("gather", members))
            try await bench.end("a", .succeeded(1))
            await bench.stage.started("b")
            await bench.engine.stop()
            #expect(try await bench.task(id).state == .running)
            try await withBench(takingUp: bench.directory) { next in
                try await next.end("b", attempt: 2, .succeeded(2))
                #expect(try await next.done(id).result == [1, 2])
            }
        }
    }

    @Test func aCancelledTaskIsNoInterruptedOne() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["on_interrupt": "rerun"]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "mine", force: false)
            await bench.stage.until(.cancelled("a"))
            async let stopping: Void = bench.engine.stop()
            bench.stage.end("a", .cancelled(.cancelled(nil)))
            await stopping
            #expect(try await bench.task(id).exception == .cancelled("mine"))
        }
    }

    @Test func aVerificationGoesOnUnderTheNextDaemon() async throws {
        try await withBench { bench in
            let verify: JSONValue = ["scanned": "s", "sip2": ["host": "a"]]
            let id = try await bench.submit(["verify": verify, "name": "v"])
            await bench.stage.started("v")
            await bench.engine.stop()
            #expect(try await bench.task(id).state == .running)
            try await withBench(takingUp: bench.directory) { next in
                await next.stage.until(.resumed("v"))
                let task = try await next.end("v", .succeeded("whole"))
                #expect(task.result == "whole" && task.attempt == 1)
            }
        }
    }

    @Test func aVerificationThatIsCancelledEndsWithItsDaemon() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("v")
            let verify: JSONValue = ["scanned": "s", "sip2": ["host": "a"]]
            let id = try await bench.submit(["verify": verify, "name": "v"])
            await bench.stage.started("v")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            async let stopping: Void = bench.engine.stop()
            await bench.stage.until(.cancelled("v"))
            bench.stage.end("v", .cancelled(.cancelled(nil)))
            await stopping
            #expect(try await bench.task(id).state == .cancelled)
        }
    }
}
