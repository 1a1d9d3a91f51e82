import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct ReadinessTests {
    @Test func runsAfterTheTasksItNames() async throws {
        try await withBench { bench in
            try await bench.submit([job("a"), job("b")])
            let id = try await bench.submit(job("c", ["after": [1, 2]]))
            #expect(try await bench.task(id).waitingFor == ["after": [1, 2]])
            try await bench.end("a", .succeeded(nil))
            #expect(try await bench.task(id).state == .queued)
            try await bench.end("b", .succeeded(nil))
            #expect(try await bench.end("c", .succeeded(3)).state == .succeeded)
            #expect(bench.stage.order.last == "c")
        }
    }

    @Test func failsWithItsDependencyAndSoDoesWhatComesAfter() async throws {
        try await withBench { bench in
            try await bench.submit(job("a"))
            try await bench.submit(job("b", ["after": [1]]))
            let last = try await bench.submit(job("c", ["after": [2]]))
            try await bench.end("a", .boom())
            #expect(try await bench.done(last).exception == .dependencyFailed(TaskID(2), state: .failed))
            let middle = try await bench.task(TaskID(2))
            #expect(middle.exception?.type == "DependencyFailed")
            #expect(middle.exception?.details["task_id"] == 1)
            #expect(bench.stage.order == ["a"])
        }
    }

    @Test func aCompositeAfterAFailedTaskNeverStartsAndTakesItsMembersWithIt() async throws {
        try await withBench { bench in
            try await bench.submit(job("a"))
            let id = try await bench.submit(composite("gather", [job("b")], ["after": [1]]))
            try await bench.end("a", .boom())
            #expect(try await bench.done(id).exception?.type == "DependencyFailed")
            #expect(try await bench.task("b").state == .cancelled)
        }
    }

    @Test func aDelayedTaskWaitsForItsTime() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["delay": "5s"]))
            let wake = Timestamp(milliseconds: 1_795_000_005_000).description
            #expect(try await bench.task(id).waitingFor == ["delay": .string(wake)])
            await bench.clock.sleeper(until: .milliseconds(5001))
            #expect(bench.stage.order.isEmpty)
            bench.clock.advance(by: .milliseconds(5001))
            let task = try await bench.end("a", .succeeded(nil))
            #expect(task.startedAt == Timestamp(milliseconds: 1_795_000_005_001))
        }
    }

    /// More than wake in one commit.
    @Test func allDelayedTasksWakeWhenTheirTimeComes() async throws {
        try await withBench(maximumRunning: 1) { bench in
            let jobs = (1...(Store.sleepersAtOnce + 10)).map { job("\($0)", ["delay": "5s"]) }
            let last = try #require(try await bench.submit(jobs).last)
            await bench.clock.sleeper(until: .milliseconds(5001))
            bench.clock.advance(by: .milliseconds(5001))
            try await bench.until(last) { $0.waitingFor == nil }
        }
    }

    @Test func anEarlierTaskMovesTheAlarmForward() async throws {
        try await withBench { bench in
            try await bench.submit(job("late", ["delay": "60s"]))
            await bench.clock.sleeper(until: .milliseconds(60_001))
            try await bench.submit(job("early", ["delay": "5s"]))
            await bench.clock.sleeper(until: .milliseconds(5001))
            bench.clock.advance(by: .milliseconds(5001))
            try await bench.end("early", .succeeded(nil))
            #expect(bench.stage.order == ["early"])
        }
    }

    @Test func aHeldTaskWaitsToBeStartedAndIsStartedOnce() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["hold": true]))
            #expect(try await bench.task(id).state == .held)
            try await bench.submit(job("b"))
            try await bench.end("b", .succeeded(nil))
            #expect(bench.stage.order == ["b"])
            #expect(try await bench.engine.start(id).state == .queued)
            await bench.stage.started("a")
            let error = await #expect(throws: EngineError.self) { _ = try await bench.engine.start(id) }
            #expect(error?.code == .wrongState)
        }
    }

    @Test func higherPriorityFirstAndOldestFirstAmongEquals() async throws {
        try await withBench(maximumRunning: 1) { bench in
            try await bench.submit(job("first"))
            await bench.stage.started("first")
            let ids = try await bench.submit([
                job("low", ["priority": -1]), job("mid"), job("high", ["priority": 9]), job("mid 2"),
            ])
            for name in ["low", "mid", "high", "mid 2"] { bench.stage.end(name, .succeeded(nil)) }
            bench.stage.end("first", .succeeded(nil))
            for id in ids { try await bench.done(id) }
            #expect(bench.stage.order == ["first", "high", "mid", "mid 2", "low"])
        }
    }

    @Test func aQueueRunsNoMoreThanItsLimitAndNothingWhilePaused() async throws {
        try await withBench { bench in
            _ = try await bench.engine.changeQueue("q", QueueChange(maximumRunning: .tasks(1), isPaused: true))
            let ids = try await bench.submit([job("a", ["queue": "q"]), job("b", ["queue": "q"]), job("other")])
            try await bench.end("other", .succeeded(nil))
            #expect(bench.stage.order == ["other"])
            _ = try await bench.engine.changeQueue("q", QueueChange(isPaused: false))
            try await bench.end("a", .succeeded(nil))
            try await bench.end("b", .succeeded(nil))
            #expect(try await bench.done(ids[1]).state == .succeeded)
            #expect(bench.stage.peak == 1)
        }
    }

    @Test func aKeyNamesOneTaskOnly() async throws {
        try await withBench { bench in
            let wish = try Job(json: job("a", ["key": "nightly"]))
            let first = try await bench.engine.submit([wish], directory: nil, by: nil)[0]
            let second = try await bench.engine.submit([wish], directory: nil, by: nil)[0]
            #expect(first.isNew)
            #expect(!second.isNew)
            #expect(second.task.id == first.task.id)
            try await bench.end("a", .succeeded(1))
            #expect(try await bench.engine.submit([wish], directory: nil, by: nil)[0].task.result == 1)
            #expect(bench.stage.order == ["a"])
        }
    }
}
