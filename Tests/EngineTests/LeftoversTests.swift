import GRDB
import Model
import Testing

@testable import Engine
@testable import Store

/// More tasks end, or are let go, because of one than one commit takes.
@Suite(.timeLimit(.minutes(1))) struct LeftoversTests {
    /// So many that the last do not end with the first.
    private static let many = Store.tasksAtOnce + 10

    /// More than end in one commit, whether the daemon dies after the first or not.
    @Test(arguments: [true, false])
    func aLargeCompositeThatIsCancelledTakesAllItsMembersAlong(dies: Bool) async throws {
        try await withBench { bench in
            let members = (1...Self.many).map { job("\($0)") }
            let id = try await bench.submit(composite("gather", members, ["hold": true]))
            let after = try await bench.submit(job("after", ["after": [.int(Int64(members.count + 1))]]))
            func requireAllDone(_ bench: Bench) async throws {
                #expect(try await bench.store.counts().allSatisfy { $0.state.isDone || $0.count == 0 })
                #expect(try await bench.task(after).exception?.type == "DependencyFailed")
            }
            if dies {
                _ = try await bench.store.cancel(id, message: nil, force: false, at: Timestamp(milliseconds: 1))
                try await withBench(takingUp: bench.directory) { (next) async throws in try await requireAllDone(next) }
            } else {
                _ = try await bench.engine.cancel(id, message: nil, force: false)
                try await bench.engine.wait(WaitRequest(ids: (1...after.number).map(TaskID.init)))
                try await requireAllDone(bench)
            }
        }
    }

    /// What ends because of a task that nobody waits for any more comes after whoever waits for that, and a commit of it that
    /// fails ends the daemon, but makes nothing of what was committed.
    @Test func aFailureIsToldThoughNotAllOfItsDependentsEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first"))
            try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            #expect(try await bench.end("first", .boom()).state == .failed)
        }
    }

    @Test func aRequestThatWasTakenIsAnsweredThoughNotAllOfItsDependentsEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first", ["hold": true]))
            try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            #expect(try await bench.engine.cancel(first, message: nil, force: false).isTaken)
        }
    }

    @Test func aRequestToACompositeBetweenTwoTriesIsAnsweredThoughItsMembersAreNotReached() async throws {
        try await withBrokenRest { bench in
            let retry: JSONObject = ["retry": ["attempts": 2, "backoff": "1h"]]
            let id = try await bench.submit(composite("gather", [job("a"), job("b", ["delay": "1h"])], retry))
            try await bench.end("a", .boom())
            try await bench.until(id) { $0.waitingFor?["retry"] != nil }
            let next = try await bench.store.children(of: id)
            try await bench.store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        CREATE TRIGGER unreached BEFORE UPDATE OF cancel_requests ON tasks WHEN new.id = 3 BEGIN
                            SELECT RAISE(ABORT, 'unreached');
                        END
                        """)
            }
            #expect(try await bench.engine.cancel(id, message: nil, force: false).isTaken)
            for id in next { #expect(try await bench.task(id).state == .cancelled) }
        }
    }

    @Test func whatWasSubmittedIsAnsweredThoughNotAllOfItsMembersEnd() async throws {
        try await withBrokenRest { bench in
            let first = try await bench.submit(job("first"))
            try await bench.end("first", .boom())
            try await bench.breakEnds(from: TaskID(Int64(Self.many)))
            let members = (1...Self.many).map { job("\($0)") }
            let id = try await bench.submit(composite("gather", members, ["after": [first.json]]))
            #expect(try await bench.task(id).state == .failed)
        }
    }

    /// Runs an engine for the length of `body`, after which a commit fails, and requires that the engine does so then.
    private func withBrokenRest(_ body: (Bench) async throws -> Void) async throws {
        var isOver = false
        let error = await #expect(throws: StoreError.self) {
            try await withBench { bench in
                try await body(bench)
                isOver = true
                _ = await bench.running.result
            }
        }
        #expect(isOver, "\(String(describing: error))")
    }

    /// Whether the daemon dies after the first commit or not.
    @Test(arguments: [true, false])
    func aSuccessLetsAllItsDependentsGo(dies: Bool) async throws {
        try await withBench(maximumRunning: 1) { bench in
            let first = try await bench.submit(job("first"))
            let ids = try await bench.submit((1...Self.many).map { job("\($0)", ["after": [first.json]]) })
            let last = try #require(ids.last)
            if dies {
                await bench.stage.started("first")
                _ = try await bench.store.finish(first, RunReport(.succeeded(nil)), at: Timestamp(milliseconds: 1))
                try await withBench(maximumRunning: 1, takingUp: bench.directory) { (next) async throws in
                    _ = try await next.until(last) { $0.waitingFor == nil }
                }
            } else {
                try await bench.end("first", .succeeded(nil))
                try await bench.until(last) { $0.waitingFor == nil }
            }
        }
    }

    /// More dependents than end in one commit, submitted before and after the failure.
    @Test func aFailureTakesAllItsDependentsAlong() async throws {
        try await withBench { bench in
            let first = try await bench.submit(job("first"))
            let dependents = (1...Self.many).map { job("\($0)", ["after": [first.json]]) }
            try await requireFailed(try await bench.submit(dependents), bench) {
                try await bench.end("first", .boom())
            }
            try await requireFailed(try await bench.submit(dependents), bench)
        }
    }

    /// Requires that all of `ids` fail with what they run after, the last of them last.
    private func requireFailed(
        _ ids: [TaskID], _ bench: Bench, after cause: () async throws -> Void = {}
    ) async throws {
        try await cause()
        let last = try await bench.done(try #require(ids.last))
        #expect(last.exception?.type == "DependencyFailed")
        let states = try await bench.store.knownStates(ids)
        #expect(states.count == ids.count && states.allSatisfy { $0.state == .failed })
    }
}
