import Model
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct LiveTasksTests {
    /// The store may have claimed the next attempt while the one before is on its way out.
    @Test func aRequestReachesTheAttemptItIsFor() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["retry": ["attempts": 2, "backoff": "1s"]]))
            await bench.stage.started("a")
            let first = LiveTask(try await bench.task(id))
            bench.stage.end("a", attempt: 1, .boom())
            await bench.clock.sleeper(until: .milliseconds(1001))
            bench.clock.advance(by: .milliseconds(1001))
            await bench.stage.started("a", attempt: 2)
            let second = LiveTask(try await bench.task(id))
            let live = LiveTasks()
            live.insert(first)
            await live.claiming {
                live.cancel(second.record, message: "enough")
                #expect(!first.isCancelled)
                _ = live.remove(first)
                live.insert(second)
            }
            #expect(second.cancelMessage == "enough")
            live.cancel(second.record, message: nil)
            #expect(second.requests == 2)
        }
    }
}
