import Jobs
import Model
import Store
import Testing

@testable import Engine

/// C090: a daemon that is killed anywhere leaves the next one to the same answer.
@Suite(.timeLimit(.minutes(2))) struct RecoverTests {
    /// A composite and how its members end, one after another.
    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let job: JSONValue
        let endings: [(name: String, outcome: Outcome)]

        init(_ name: String, _ job: JSONValue, _ endings: (String, Outcome)...) {
            testDescription = name
            self.job = job
            self.endings = endings
        }
    }

    private static let three = [job("a"), job("b"), job("c")]

    static let stories: [Story] = [
        Story("gather", composite("gather", three), ("b", .succeeded(2)), ("c", .succeeded(3)), ("a", .succeeded(1))),
        Story(
            "gather that fails", composite("gather", three), ("b", .boom()), ("c", .succeeded(3)), ("a", .succeeded(1))),
        Story(
            "gather that fails behind its limit", composite("gather", three, ["max_running": 1]), ("a", .boom()),
            ("b", .succeeded(2)), ("c", .boom("late"))),
        Story(
            "gather of exceptions", composite("gather", three, ["return_exceptions": true]), ("c", .boom()),
            ("a", .succeeded(1)), ("b", .succeeded(2))),
        Story(
            "merge", composite("gather", three, ["merge": true]), ("c", .succeeded(["c": 3])),
            ("b", .succeeded(["b": 2])),
            ("a", .succeeded(["a": 1]))),
        Story(
            "task group", composite("task_group", three), ("c", .succeeded(3)), ("b", .succeeded(2)),
            ("a", .succeeded(1))),
        Story("task group that fails", composite("task_group", three), ("b", .succeeded(2)), ("a", .boom())),
        Story("race", composite("race", three), ("b", .succeeded(2))),
        Story("race that fails", composite("race", three), ("c", .boom())),
        Story(
            "sequence", composite("sequence", three), ("a", .succeeded(1)), ("b", .succeeded(2)), ("c", .succeeded(3))),
        Story("sequence that stops", composite("sequence", three), ("a", .succeeded(1)), ("b", .boom())),
        Story(
            "composites in a composite",
            composite(
                "gather", [composite("sequence", [job("a"), job("b")]), composite("race", [job("c"), job("d")])]),
            ("a", .succeeded(1)), ("d", .succeeded(4)), ("b", .succeeded(2))),
    ]

    @Test(arguments: stories)
    func theAnswerIsTheSameWhereverTheDaemonDied(story: Story) async throws {
        let undisturbed = try await withBench { bench in try await play(story, to: nil, bench) }
        for death in 0...story.endings.count {
            let disturbed = try await withBench { bench in
                _ = try await play(story, to: death, bench)
                return try await withBench(takingUp: bench.directory) { next in
                    try await play(story, from: death, to: nil, next)
                }
            }
            #expect(disturbed == undisturbed, "killed after \(death) endings")
        }
    }

    /// Plays a story from one ending to another; when to the last, answers how all tasks then stand.
    private func play(_ story: Story, from start: Int? = nil, to end: Int?, _ bench: Bench) async throws -> [String] {
        if start == nil { try await bench.submit(story.job) }
        for (name, outcome) in story.endings[(start ?? 0)..<(end ?? story.endings.count)] {
            try await bench.end(name, outcome)
        }
        guard end == nil else { return [] }
        let ids = try await bench.store.tasks(TaskFilter()).tasks.map(\.id)
        let done = try await bench.engine.wait(WaitRequest(ids: ids)).done
        return try await bench.store.tasks(done[...], within: .max).tasks.map(\.standing)
    }

    @Test func whatLivedOnlyInTheDaemonIsInterrupted() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            let stage = Stage()
            stage.orphan("a")
            try await withBench(takingUp: bench.directory, stage: stage) { (next) async throws in
                #expect(try await next.done(id).exception == .interrupted)
            }
        }
    }

    @Test func whatMayRunAgainDoes() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["on_interrupt": "rerun"]))
            await bench.stage.started("a")
            let stage = Stage()
            stage.orphan("a")
            try await withBench(takingUp: bench.directory, stage: stage) { next in
                try await next.end("a", attempt: 2, .succeeded(1))
                #expect(try await next.task(id).attempt == 2)
            }
        }
    }

    @Test func aCancelRequestIsNotForgotten() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "before", force: false)
            try await withBench(takingUp: bench.directory) { (next) async throws in
                #expect(try await next.done(id).exception == .cancelled("before"))
            }
        }
    }

    @Test func aCancelledCompositeAsksItsMembersOnceOverARestart() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("gather", [job("a")]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "why", force: false)
            await bench.stage.until(.asked("a", times: 1))
            try await withBench(takingUp: bench.directory) { (next) async throws in
                #expect(try await next.done(id).exception == .cancelled("why"))
                #expect(try await next.task("a").cancelRequests == 1)
            }
        }
    }

    /// The daemon dies after the commit that ends the composite and before the one that cancels what it has left.
    @Test func aCompositeThatWasCancelledBetweenTwoAttemptsTakesItsEarlierMembersAlong() async throws {
        try await withBench { bench in
            let modifiers: JSONObject = ["retry": ["attempts": 2, "backoff": "1h"]]
            let shielded = job("c", ["shield": true])
            let id = try await bench.submit(composite("gather", [job("a"), job("b"), shielded], modifiers))
            for name in ["b", "c"] { await bench.stage.started(name) }
            try await bench.end("a", .boom())
            try await bench.until(id) { $0.state == .queued }
            _ = try await bench.store.cancel(id, message: "all", force: false, at: Timestamp(milliseconds: 1))
            try await withBench(takingUp: bench.directory) { (next) async throws in
                #expect(try await next.done("b").exception == .cancelled("all"))
                await next.stage.started("c")
                #expect(try await next.task("c").cancelRequests == 0)
            }
        }
    }

    /// The same where the request is taken while a failure ends the composite, whose limit still holds members back.
    @Test func aCompositeThatWasCancelledAsItFailedLetsNoMoreMembersGo() async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("gather", [job("a"), job("b")], ["max_running": 1]))
            await bench.stage.started("a")
            let now = Timestamp(milliseconds: 1)
            _ = try await bench.store.cancel(id, message: "all", force: false, at: now)
            _ = try await bench.store.finish(id, RunReport(.boom()), at: now)
            try await withBench(takingUp: bench.directory) { (next) async throws in
                for name in ["a", "b"] { #expect(try await next.done(name).state == .cancelled) }
                #expect(next.stage.order == ["a"])
            }
        }
    }

    @Test func aCancelledTaskThatTheDaemonTookWithItDoesNotRunAgain() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(job("a", ["on_interrupt": "rerun"]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            let stage = Stage()
            stage.orphan("a")
            try await withBench(takingUp: bench.directory, stage: stage) { (next) async throws in
                let task = try await next.done(id)
                #expect(task.attempt == 1 && task.exception == .cancelled("halt"), "\(task)")
                #expect(stage.order.isEmpty)
            }
        }
    }

    @Test func aCancelledCompositeGoesOnBeingCancelled() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("gather", [job("a"), job("b", ["hold": true])]))
            await bench.stage.started("a")
            _ = try await bench.engine.cancel(id, message: "all", force: false)
            try await withBench(takingUp: bench.directory) { (next) async throws in
                #expect(try await next.done(id).exception == .cancelled("all"))
                #expect(try await next.task("b").state == .cancelled)
            }
        }
    }

    /// Its timeout has asked it to end, and is no request that was passed on.
    @Test func aCancelReachesAMemberThatIsOverItsTimeout() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("gather", [job("a", ["timeout": "5s", "retry": 2])]))
            await bench.stage.started("a")
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.cancelled("a"))
            let stage = Stage()
            stage.makeStubborn("a")
            try await withBench(takingUp: bench.directory, at: .seconds(6), stage: stage) { (next) async throws in
                await stage.until(.resumed("a"))
                _ = try await next.engine.cancel(id, message: "halt", force: false)
                try await next.until(TaskID(2)) { $0.cancelRequests == 2 }
                try await next.end("a", .cancelled(.cancelled(nil)))
                #expect(try await next.done(TaskID(2)).attempt == 1, "it is not tried again")
            }
        }
    }

    @Test func aDelayAndAQueueAreKept() async throws {
        try await withBench(maximumRunning: 1) { bench in
            try await bench.submit([job("a"), job("b"), job("c", ["delay": "10s"])])
            await bench.stage.started("a")
            try await withBench(maximumRunning: 1, takingUp: bench.directory, at: .seconds(1)) { next in
                try await next.end("a", .succeeded(1))
                try await next.end("b", .succeeded(2))
                await next.clock.sleeper(until: .milliseconds(10_001))
                next.clock.advance(by: .milliseconds(9001))
                try await next.end("c", .succeeded(3))
                #expect(next.stage.order == ["a", "b", "c"])
            }
        }
    }
}
