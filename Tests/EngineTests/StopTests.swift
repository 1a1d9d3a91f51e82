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
}
