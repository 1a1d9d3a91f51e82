import GRDB
import Model
import Testing

@testable import Store

@Suite struct FinishTests {
    @Test func writesTheOutcomeItsEventAndItsPlaceInCompletionOrder() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("c"))
            _ = try await bench.claim()
            let second = try await bench.finish(2, .succeeded(["n": 2]), at: at(3))[0]
            let first = try await bench.finish(1, .failed(.boom), at: at(4))[0]
            let third = try await bench.finish(3, .cancelled(.cancelled("why")), at: at(4))[0]
            let sequences = try [second, first, third].map { try #require($0.doneSequence) }
            #expect(sequences == sequences.sorted() && Set(sequences).count == 3)
            #expect(second.result == ["n": 2] && second.exception == nil && second.finishedAt == at(3))
            #expect(first.exception == .boom && first.result == nil)
            #expect(third.state == .cancelled)
            let last = try await bench.store.events(after: sequences[0] - 1)
            #expect(last.map(\.sequence) == sequences)
            #expect(last.map(\.type) == ["succeeded", "failed", "cancelled"])
            #expect(last[1].data == ["exception": ["type": "Boom", "message": "boom"]])
            #expect(
                try await bench.store.completed([1, 2, 3].map { TaskID($0) }).tasks.map(\.name) == ["b", "a", "c"])
        }
    }

    @Test func aDoneTaskIsNeverEndedAgain() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            #expect(try await bench.finish(1, .succeeded(1)).isEmpty)
            _ = try await bench.claim()
            let done = try await bench.finish(1, .succeeded(1))
            #expect(try await bench.finish(1, .failed(.boom)).isEmpty)
            #expect(try await [bench.task(1)] == done)
            #expect(try await bench.events(of: 1) == ["submitted", "started", "succeeded"])
        }
    }

    @Test func detailIsKept() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            _ = try await bench.claim()
            let report = RunReport(.succeeded(1), detail: ["pid": 7])
            #expect(try await bench.store.finish(TaskID(1), report, at: at(2))[0].detail == ["pid": 7])
        }
    }

    @Test func aHookIsWrittenWithTheOutcomeAndStruckOutWhenRun() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["on_done": ["x"]]), job("b"))
            _ = try await bench.claim()
            #expect(try await bench.store.pendingHooks().isEmpty)
            try await bench.finish(2, .succeeded(nil))
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.store.pendingHooks().map(\.name) == ["a"])
            try await bench.store.completeHook(TaskID(1), result: ["exit_code": 3], at: at(3))
            #expect(try await bench.store.pendingHooks().isEmpty)
            #expect(try await bench.store.events(after: 0, taskID: TaskID(1)).last?.data == ["exit_code": 3])
        }
    }

    @Test func aTryThatFailedIsKeptAndTheTaskRestsBeforeTheNext() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["retry": ["attempts": 3]]))
            _ = try await bench.claim(at: at(1))
            try await bench.store.requeue(TaskID(1), after: .boom, detail: ["pid": 9], wakeAt: at(10), at: at(2))
            let resting = try await bench.task(1)
            #expect(resting.state == .queued && resting.attempt == 1)
            #expect(resting.waitingFor == ["retry": .string(at(10).description)])
            #expect(try await bench.store.nextWake() == at(10))
            #expect(try await bench.claim(at: at(9)) == [])
            try await bench.store.wake(at: at(10))
            #expect(try await bench.claim(at: at(11)) == ["a"])
            #expect(try await bench.task(1).attempt == 2)
            let tries = try await bench.rows(
                "SELECT json_array(attempt, started_at, finished_at, exception ->> '$.type', detail ->> '$.pid') FROM attempts"
            )
            let expected = #"[1,"\#(at(1))","\#(at(2))","Boom",9]"#.databaseValue
            #expect(tries == [[expected]])
            #expect(try await bench.events(of: 1) == ["submitted", "started", "retrying", "started"])
        }
    }

    @Test func aTimeoutOfOneTryDoesNotHangOnToTheNext() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["retry": ["attempts": 3]]))
            for attempt in 1...2 {
                #expect(try await bench.claim() == ["a"])
                let started = try await bench.task(1)
                #expect(started.attempt == attempt && started.cancelRequests == 0 && !started.timedOut)
                #expect(try await bench.store.expire(TaskID(1), at: at(2)))
                try await bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(2))
            }
        }
    }

    @Test func whatDoesNotRunIsNotRequeuedAndMakesNoProgress() async throws {
        try await withStore { bench in
            let task = try await bench.submit(job("a"))[0]
            try await bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(1))
            try await bench.store.record(Progress(completed: 1, total: 2), of: TaskID(1), at: at(1))
            #expect(try await bench.task(1) == task)
            #expect(try await bench.events(of: 1) == ["submitted"])
        }
    }

    @Test func whatRunsIsFoundAgain() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a")]), job("b"), job("c", ["hold": true]))
            _ = try await bench.store.claimComposites(at: at(1))
            _ = try await bench.claim()
            #expect(try await bench.store.runningTasks().map(\.name) == ["gather", "b"])
        }
    }
}
