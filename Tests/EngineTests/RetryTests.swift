import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct RetryTests {
    @Test func triesAgainAfterItsRestUntilItSucceeds() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["retry": ["attempts": 3, "backoff": "2s"]]))
            await bench.stage.started("a")
            bench.stage.end("a", .boom("one"))
            let resting = try await bench.until(id) { $0.state == .queued }
            #expect(resting.waitingFor?["retry"]?.stringValue == Timestamp(milliseconds: 1_795_000_002_000).description)
            #expect(resting.maxAttempts == 3)
            await bench.clock.sleeper(until: .milliseconds(2001))
            bench.clock.advance(by: .milliseconds(2001))
            await bench.stage.started("a", attempt: 2)
            bench.stage.end("a", attempt: 2, .boom("two"))
            // Twice the rest.
            await bench.clock.sleeper(until: .milliseconds(2001 + 4000 + 1))
            bench.clock.advance(by: .milliseconds(4001))
            let task = try await bench.end("a", attempt: 3, .succeeded("third time"))
            #expect(task.state == .succeeded)
            #expect(task.attempt == 3)
            let types = try await bench.store.eventPage(after: 0, taskID: id).events.map(\.type)
            #expect(types == ["submitted", "started", "retrying", "started", "retrying", "started", "succeeded"])
        }
    }

    @Test func failsWithTheLastFailureWhenTheTriesAreSpent() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["retry": ["attempts": 2, "backoff": 0]]))
            bench.stage.end("a", attempt: 1, .boom("one"))
            bench.stage.end("a", attempt: 2, .boom("two"))
            let task = try await bench.done(id)
            #expect(task.exception?.message == "two")
            #expect(task.attempt == 2)
        }
    }

    @Test func aCompositeSeesOnlyTheLastTryOfAMember() async throws {
        try await withBench { bench in
            let member = job("a", ["retry": ["attempts": 2, "backoff": 0]])
            let id = try await bench.submit(composite("task_group", [member, job("b")]))
            bench.stage.end("a", attempt: 1, .boom())
            bench.stage.end("a", attempt: 2, .succeeded(1))
            try await bench.done("a")
            #expect(try await bench.end("b", .succeeded(2)).cancelRequests == 0)
            #expect(try await bench.done(id).result == [1, 2])
        }
    }

    @Test(arguments: ["gather", "task_group", "race", "sequence"])
    func eachTryOfACompositeHasMembersOfItsOwn(kind: String) async throws {
        try await withBench { bench in
            bench.stage.end("a", .boom())
            let id = try await bench.submit(composite(kind, [job("a")], ["retry": ["attempts": 3, "backoff": 0]]))
            let task = try await bench.done(id)
            #expect(task.state == .failed)
            #expect(task.attempt == 3)
            #expect(bench.stage.order == ["a", "a", "a"])
            #expect(try await bench.store.children(of: id).map(\.number) == [4])
            let types = try await bench.store.eventPage(after: 0, taskID: id).events.map(\.type).filter {
                $0 != "progress"
            }
            #expect(types == ["submitted", "started", "retrying", "started", "retrying", "started", "failed"])
        }
    }

    @Test func theNextTryOfAGatherStartsWhileMembersOfTheLastRunOn() async throws {
        try await withBench { bench in
            let retry: JSONObject = ["retry": ["attempts": 2, "backoff": "5s"], "max_running": 2]
            let id = try await bench.submit(composite("gather", [job("a"), job("b"), job("c")], retry))
            await bench.stage.started("b")
            try await bench.end("a", .boom())
            let resting = try await bench.until(id) { $0.state == .queued }
            #expect(resting.waitingFor?["retry"] != nil)
            #expect(try await bench.task(TaskID(4)).exception?.message == "attempt 1 of its gather has ended")
            #expect(try await bench.task(TaskID(3)).state == .running)
            // The end of a member of the try before is nothing to the composite.
            try await bench.end("b", .boom("late"))
            #expect(try await bench.task(id) == resting)
            await bench.clock.sleeper(until: .milliseconds(5001))
            bench.clock.advance(by: .milliseconds(5001))
            // Both members of the next try fail like those before, and at once.
            let message = try await bench.done(id).exception?.message
            #expect(message == "boom" || message == "late")
            #expect(try await bench.task(id).attempt == 2)
        }
    }

    /// Whether it rests between two tries or makes the second.
    @Test(arguments: [true, false])
    func cancellingACompositeReachesWhatEarlierTriesLeftRunning(rests: Bool) async throws {
        try await withBench(maximumRunning: 2) { bench in
            let retry: JSONObject = ["retry": ["attempts": 2, "backoff": .string(rests ? "1h" : "0s")]]
            let id = try await bench.submit(composite("gather", [job("a"), job("b")], retry))
            for name in ["a", "b"] { await bench.stage.started(name) }
            // It takes the slot that the next members would have.
            try await bench.submit(job("x"))
            bench.stage.end("a", .boom())
            if rests {
                try await bench.until(id) { $0.waitingFor?["retry"] != nil }
            } else {
                try await bench.until(id) { $0.state == .running && $0.attempt == 2 }
            }
            _ = try await bench.engine.cancel(id, message: "enough", force: false)
            #expect(try await bench.done(id).state == .cancelled)
            let left = try await bench.done(TaskID(3))
            #expect(left.state == .cancelled && left.cancelRequests == 1 && left.cancelMessage == "enough")
        }
    }

    @Test func cancellingWhatIsAroundACompositeReachesItsEarlierTriesToo() async throws {
        try await withBench(maximumRunning: 2) { bench in
            let inner = composite("gather", [job("a"), job("b")], ["retry": ["attempts": 2, "backoff": 0]])
            let id = try await bench.submit(composite("gather", [inner]))
            for name in ["a", "b"] { await bench.stage.started(name) }
            // It takes the slot that the next members would have.
            try await bench.submit(job("x"))
            bench.stage.end("a", .boom())
            try await bench.until(TaskID(2)) { $0.state == .running && $0.attempt == 2 }
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            #expect(try await bench.done(id).state == .cancelled)
            #expect(try await bench.done(TaskID(4)).state == .cancelled)
        }
    }

    @Test func aCompositeCancelledBetweenTwoTriesTakesItsNextMembersWithIt() async throws {
        try await withBench { bench in
            bench.stage.end("a", .boom())
            let id = try await bench.submit(
                composite("gather", [job("a")], ["retry": ["attempts": 2, "backoff": "1h"]]))
            try await bench.until(id) { $0.waitingFor?["retry"] != nil }
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            #expect(try await bench.task(id).state == .cancelled)
            #expect(try await bench.task(TaskID(3)).state == .cancelled)
        }
    }

    @Test func allMembersThatAnAttemptHasNotLetGoEndWithIt() async throws {
        try await withBench { bench in
            let count = Store.tasksAtOnce + 10
            bench.stage.end("1", .boom())
            let members = (1...count).map { job("\($0)") }
            let id = try await bench.submit(
                composite("gather", members, ["max_running": 1, "retry": ["attempts": 2, "backoff": "1h"]]))
            let ids = (1...count).map { TaskID(id.number + Int64($0)) }
            let done = try await bench.engine.wait(WaitRequest(ids: ids)).done
            #expect(done.count == count)
            #expect(try await bench.task(ids[count - 1]).exception == .cancelled("attempt 1 of its gather has ended"))
            #expect(try await bench.task(id).state == .queued)
        }
    }

    @Test func aMemberOfEachTryFailsWithWhatItRunsAfter() async throws {
        try await withBench { bench in
            let before = try await bench.submit(job("before"))
            try await bench.end("before", .boom())
            let member = job("a", ["after": [before.json]])
            let id = try await bench.submit(
                composite("gather", [member], ["retry": ["attempts": 2, "backoff": "1h"]]))
            try await bench.until(id) { $0.waitingFor?["retry"] != nil }
            #expect(try await bench.engine.prune(keeping: 0) == 0)
            await bench.clock.sleeper(until: .seconds(3600) + .milliseconds(1))
            bench.clock.advance(by: .seconds(3601))
            let task = try await bench.done(id)
            #expect(task.attempt == 2 && task.exception == .dependencyFailed(before, state: .failed))
            #expect(bench.stage.order == ["before"])
            #expect(try await bench.engine.prune(keeping: 0) == 4)
        }
    }

    @Test func retryingADoneTaskMakesANewOneOfTheSameJob() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a", ["key": "k", "labels": ["x": "y"]]))
            let error = await #expect(throws: EngineError.self) { _ = try await bench.engine.retry(id, by: nil) }
            #expect(error?.code == .wrongState)
            try await bench.end("a", .boom())
            let again = try await bench.engine.retry(id, by: Submitter(uid: 1, gid: 2, pid: 3))
            #expect(again.id > id)
            #expect(again.key == nil)
            #expect(again.labels == ["x": "y"])
            #expect(again.submittedBy?.uid == 1)
            #expect(try await bench.done(again.id).state == .failed)
        }
    }

    @Test func retryingACompositeWaitsForNothingItsMembersRanAfter() async throws {
        try await withBench { bench in
            let before = try await bench.submit(job("before"))
            try await bench.end("before", .succeeded(nil))
            let member = job("a", ["after": [before.json]])
            let id = try await bench.submit(composite("gather", [composite("sequence", [member])]))
            bench.stage.end("a", .succeeded(1))
            #expect(try await bench.done(id).state == .succeeded)
            #expect(try await bench.engine.prune(keeping: 1) == 1)
            let again = try await bench.engine.retry(id, by: nil)
            #expect(try await bench.done(again.id).result == [[1]])
        }
    }
}
