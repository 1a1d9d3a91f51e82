import Model
import Testing

@testable import Store

@Suite struct CancellationTests {
    private func cancel(
        _ number: Int64, _ bench: StoreBench, message: String? = nil, force: Bool = false
    ) async throws -> Cancellation {
        try await bench.store.cancel(TaskID(number), message: message, force: force, at: at(5))
    }

    @Test(arguments: [[:], ["hold": true], ["delay": 60]] as [JSONObject])
    func aTaskThatHasNotStartedNeverWill(modifiers: JSONObject) async throws {
        try await withStore { bench in
            try await bench.submit(job("a", modifiers), job("b", ["after": [1]]))
            guard case .ended(let ended) = try await cancel(1, bench, message: "no") else {
                Issue.record("a task that has not started ends at once")
                return
            }
            #expect(ended.map(\.state) == [.cancelled, .failed])
            #expect(ended[0].exception == .cancelled("no"))
            #expect(ended[0].cancelRequests == 1)
            #expect(ended[0].waitingFor == nil)
            #expect(ended[1].exception == .dependencyFailed(TaskID(1), state: .cancelled))
            #expect(try await bench.claim() == [])
            #expect(try await bench.events(of: 1) == ["submitted", "cancel_requested", "cancelled"])
        }
    }

    @Test func aRunningTaskIsOnlyAsked() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            _ = try await bench.claim()
            guard case .requested(let task) = try await cancel(1, bench, message: "one"),
                case .requested(let again) = try await cancel(1, bench, message: "two")
            else {
                Issue.record("a running task is asked")
                return
            }
            #expect(task.state == .running && task.cancelRequests == 1)
            #expect(again.cancelRequests == 2 && again.cancelMessage == "one")
        }
    }

    @Test func aDoneTaskIsLeftAsItIs() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            _ = try await bench.claim()
            let done = try await bench.finish(1, .succeeded(1))[0]
            #expect(try await cancel(1, bench, force: true) == .alreadyDone(done))
            #expect(try await bench.task(1) == done)
            #expect(try await bench.events(of: 1) == ["submitted", "started", "succeeded"])
        }
    }

    @Test func aShieldGivesWayOnlyToForce() async throws {
        try await withStore { bench in
            let task = try await bench.submit(job("a", ["shield": true]))[0]
            #expect(try await cancel(1, bench) == .shielded(task))
            #expect(try await bench.task(1) == task)
            guard case .ended = try await cancel(1, bench, force: true) else {
                Issue.record("force overcomes a shield")
                return
            }
        }
    }

    @Test func anUnknownTaskIsUnknown() async throws {
        try await withStore { (bench) async throws in
            #expect(try await cancel(1, bench) == .unknown)
        }
    }

    @Test func aCompositeThatHasNotStartedTakesAllItsMembersWithIt() async throws {
        try await withStore { bench in
            try await bench.submit(
                gather([job("a", ["shield": true]), gather([job("b", ["hold": true])])], ["hold": true]))
            guard case .ended(let ended) = try await cancel(1, bench) else {
                Issue.record("a composite that has not started ends at once")
                return
            }
            #expect(ended.map(\.state) == [.cancelled, .cancelled, .cancelled, .cancelled])
        }
    }

    @Test func aTimeoutIsNotedOnceAndNotAfterARequest() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"))
            #expect(try await !bench.store.expire(TaskID(1), at: at(1)))
            _ = try await bench.claim()
            #expect(try await bench.store.expire(TaskID(1), at: at(2)))
            #expect(try await !bench.store.expire(TaskID(1), at: at(2)))
            #expect(try await bench.task(1).timedOut)
            _ = try await cancel(2, bench)
            #expect(try await !bench.store.expire(TaskID(2), at: at(2)))
        }
    }
}
