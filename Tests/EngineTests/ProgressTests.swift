import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct ProgressTests {
    private func half(_ message: String? = nil) -> Progress { Progress(completed: 1, total: 2, message: message) }

    @Test func isSavedWithItsMessage() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            bench.stage.report(half("halfway"), by: "a")
            let task = try await bench.until(id) { $0.progress != nil }
            #expect(task.progress == half("halfway"))
        }
    }

    /// asyncio.md, C086.
    @Test(arguments: [(Outcome.succeeded(1), 1), (.failed(ExceptionInfo(type: "E", message: "")), 0.5)])
    func onlyLeadsForwardAndOnlySuccessCompletesIt(outcome: Outcome, fraction: Double) async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            bench.stage.report(half(), by: "a")
            await bench.clock.sleeper(until: .milliseconds(100))
            bench.stage.report(Progress(completed: 1, total: 4, message: "back"), by: "a")
            bench.stage.report(Progress(completed: 4, total: 4, message: "all but"), by: "a")
            bench.clock.advance(by: .milliseconds(100))
            let task = try await bench.until(id) { $0.progress?.message == "all but" }
            #expect(task.progress == half("all but"))
            try await bench.end("a", outcome)
            #expect(try await bench.done(id).progress?.fraction == fraction)
        }
    }

    /// What is told after a save rests, and the end does not wait for that.
    @Test(arguments: [
        (Outcome.succeeded(1), 2), (.failed(ExceptionInfo(type: "E", message: "")), 1),
        (.cancelled(.cancelled(nil)), 1),
    ])
    func theLastIsKeptWithTheEnd(outcome: Outcome, completed: Double) async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            bench.stage.report(Progress(completed: 0, total: 2, message: "first"), by: "a")
            await bench.clock.sleeper(until: .milliseconds(100))
            bench.stage.report(half("last"), by: "a")
            try await bench.end("a", outcome)
            #expect(
                try await bench.task(id).progress == Progress(completed: completed, total: 2, message: "last"))
        }
    }

    @Test func betweenTwoSavesOnlyTheLatestIsKept() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            bench.stage.report(Progress(completed: 1, total: 10), by: "a")
            await bench.clock.sleeper(until: .milliseconds(100))
            for step in 2...9 { bench.stage.report(Progress(completed: Double(step), total: 10), by: "a") }
            bench.clock.advance(by: .milliseconds(100))
            try await bench.until(id) { $0.progress?.completed == 9 }
            let saved = try await bench.store.eventPage(after: 0, taskID: id).events.filter { $0.type == "progress" }
            #expect(saved.map { $0.data["completed"] } == [1, 9])
        }
    }

    @Test func ofACompositeIsTheMeanOfItsMembersFractions() async throws {
        try await withBench { bench in
            let id = try await bench.submit(
                composite("gather", [job("a"), composite("sequence", [job("b"), job("c")])]))
            await bench.stage.started("a")
            await bench.stage.started("b")
            bench.stage.report(half(), by: "b")
            bench.clock.advance(by: .milliseconds(100))
            try await bench.reach(id, fraction: 0.125)
            try await bench.end("b", .succeeded(1))
            try await bench.reach(id, fraction: 0.25)
            bench.stage.report(half(), by: "a")
            let gather = try await bench.reach(id, fraction: 0.5)
            #expect(gather.progress?.completed == 0)
            #expect(gather.progress?.total == 2)
            try await bench.end("a", .succeeded(1))
            let later = try await bench.reach(id, fraction: 0.75)
            #expect(later.progress?.completed == 1)
            try await bench.end("c", .succeeded(1))
            #expect(try await bench.done(id).progress?.fraction == 1)
            #expect(try await bench.done(id).progress?.completed == 2)
        }
    }

    @Test func aTryThatFailedCountsForNothing() async throws {
        try await withBench { bench in
            let member = job("a", ["retry": ["attempts": 2, "backoff": 0]])
            let id = try await bench.submit(composite("gather", [member, job("b")]))
            await bench.stage.started("a")
            bench.stage.report(half(), by: "a")
            try await bench.reach(id, fraction: 0.25)
            bench.stage.end("a", .boom())
            await bench.stage.started("a", attempt: 2)
            bench.stage.report(Progress(completed: 3, total: 4), by: "a")
            try await bench.reach(id, fraction: 0.375)
        }
    }
}

extension Bench {
    /// Waits until the task has come as far as `fraction`, letting time for saves pass as it goes.
    @discardableResult
    fileprivate func reach(_ id: TaskID, fraction: Double) async throws -> TaskRecord {
        let passing = Task {
            while !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                await Task.yield()
            }
        }
        defer { passing.cancel() }
        return try await until(id) { $0.progress?.fraction == fraction }
    }
}
