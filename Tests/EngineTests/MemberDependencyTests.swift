import Model
import Store
import Testing

@testable import Engine

/// Members that run after one another, when their composite ends them.
@Suite(.timeLimit(.minutes(1))) struct MemberDependencyTests {
    /// The tasks 2 to 5: one that others run after, next to it and further down.
    private func members(delayed: Bool) -> [JSONValue] {
        let after: JSONObject = ["after": [2]]
        return [
            job("a", delayed ? ["delay": 60] : [:]), job("b", after), composite("gather", [job("c", after)]),
        ]
    }

    private func requireCancelled(_ names: [String], _ reason: String, _ bench: Bench) async throws {
        for name in names {
            let task = try await bench.done(name)
            #expect(task.exception == .cancelled(reason), "\(name)")
            #expect(task.cancelRequests == 1 && task.cancelMessage == reason, "\(name)")
        }
    }

    @Test(arguments: [true, false])
    func theyAreCancelledWithItWhateverTheyRunAfter(delayed: Bool) async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", members(delayed: delayed)))
            let outside = try await bench.submit(job("outside", ["after": [2]]))
            try await bench.until(TaskID(5)) { $0.waitingFor == ["after": [2]] }
            if !delayed { await bench.stage.started("a") }
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            #expect(try await bench.done(id).exception == .cancelled("halt"))
            try await requireCancelled(["a", "b", "c", "gather"], "halt", bench)
            #expect(try await bench.done(outside).exception == .dependencyFailed(TaskID(2), state: .cancelled))
        }
    }

    @Test(arguments: [true, false])
    func theirCompositeTimesOut(delayed: Bool) async throws {
        try await withBench { bench in
            let id = try await bench.submit(
                composite("task_group", members(delayed: delayed), ["timeout": "5s"]))
            try await bench.until(TaskID(5)) { $0.waitingFor == ["after": [2]] }
            if !delayed { await bench.stage.started("a") }
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            #expect(try await bench.done(id).exception == .timeout(after: .seconds(5)))
            try await requireCancelled(["a", "b", "c"], "its task_group timed out", bench)
        }
    }

    @Test(arguments: [true, false])
    func theFailureOfASiblingStaysTheOnlyOne(delayed: Bool) async throws {
        try await withBench { bench in
            let id = try await bench.submit(composite("task_group", members(delayed: delayed) + [job("x")]))
            try await bench.until(TaskID(5)) { $0.waitingFor == ["after": [2]] }
            if !delayed { await bench.stage.started("a") }
            try await bench.end("x", .boom())
            let boom: JSONValue = ["type": "Boom", "message": "boom"]
            #expect(try await bench.done(id).exception?.details["exceptions"] == [boom])
            for name in ["a", "b", "c", "gather"] { #expect(try await bench.done(name).state == .cancelled, "\(name)") }
        }
    }

    @Test func aFailureWhileTheirCompositeIsBeingCancelledCancelsThem() async throws {
        try await withBench { bench in
            bench.stage.makeStubborn("a")
            let id = try await bench.submit(composite("task_group", members(delayed: false)))
            try await bench.until(TaskID(5)) { $0.waitingFor == ["after": [2]] }
            await bench.stage.started("a")
            // Taken by the store; the composite has not heard of it.
            _ = try await bench.store.cancel(id, message: "halt", force: false, at: Timestamp(milliseconds: 1))
            try await bench.end("a", .boom())
            try await requireCancelled(["b", "c"], "halt", bench)
        }
    }

    @Test func whatAShieldKeepsFromTheirCompositeFailsWithWhatItRunsAfter() async throws {
        try await withBench { bench in
            let shield: JSONObject = ["shield": true]
            let members = [
                job("a", ["delay": 60]), job("b", ["after": [2], "shield": true]),
                composite("gather", [job("c", ["after": [2]])], shield),
            ]
            let id = try await bench.submit(composite("task_group", members))
            try await bench.until(TaskID(5)) { $0.waitingFor == ["after": [2]] }
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            #expect(try await bench.done(id).exception == .cancelled("halt"))
            for name in ["b", "c", "gather"] {
                #expect(try await bench.done(name).exception == .dependencyFailed(TaskID(2), state: .cancelled))
            }
        }
    }

    @Test func eachCountsTheRequestOnce() async throws {
        try await withBench { bench in
            let members = [
                job("a", ["delay": 60]), job("b", ["after": [2]]), job("c", ["after": [2, 3]]),
            ]
            let id = try await bench.submit(composite("gather", members))
            try await bench.until(TaskID(4)) { $0.waitingFor == ["after": [2, 3]] }
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            _ = try await bench.done(id)
            for name in ["a", "b", "c"] {
                let task = try await bench.task(name)
                #expect(task.cancelRequests == 1 && task.exception == .cancelled("halt"), "\(task)")
                let events = try await bench.store.eventPage(after: 0, taskID: task.id).events
                #expect(events.count { $0.type == "cancel_requested" } == 1)
            }
        }
    }

    @Test func theirCompositeIsCancelledBeforeItStarts() async throws {
        try await withBench { bench in
            let shielded = job("d", ["shield": true])
            let id = try await bench.submit(
                composite("task_group", members(delayed: false) + [shielded], ["hold": true]))
            _ = try await bench.engine.cancel(id, message: "halt", force: false)
            for name in ["a", "b", "gather", "c"] {
                let task = try await bench.done(name)
                #expect(task.exception == .cancelled("halt") && task.cancelMessage == "halt", "\(name)")
                #expect(task.cancelRequests == 1, "\(name)")
            }
            let task = try await bench.done("d")
            #expect(task.exception == .cancelled("its composite 1 never started") && task.cancelRequests == 0)
        }
    }

    @Test func theirCompositeNeverStarts() async throws {
        try await withBench { bench in
            let first = try await bench.submit(job("first", ["hold": true]))
            let members = [job("a"), job("b", ["after": [3]]), composite("gather", [job("c", ["after": [3]])])]
            try await bench.submit(composite("task_group", members, ["after": [.int(first.number)]]))
            _ = try await bench.engine.cancel(first, message: "halt", force: false)
            for name in ["a", "b", "gather"] {
                #expect(try await bench.done(name).exception == .cancelled("its composite 2 never started"), "\(name)")
            }
            #expect(try await bench.done("c").exception == .cancelled("its composite 5 never started"))
        }
    }

    @Test func theAttemptOfTheirCompositeEndsBeforeTheirTurn() async throws {
        try await withBench { bench in
            let members = [job("x"), job("a"), job("b", ["after": [3]])]
            try await bench.submit(composite("gather", members, ["max_running": 1, "retry": 2]))
            await bench.stage.started("x")
            bench.stage.end("x", .boom())
            for id in [3, 4] {
                let exception = try await bench.done(TaskID(Int64(id))).exception
                #expect(exception == .cancelled("attempt 1 of its gather has ended"))
            }
        }
    }
}
