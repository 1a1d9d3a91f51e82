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
            let last = try await bench.store.eventPage(after: sequences[0] - 1).events
            #expect(last.map(\.sequence) == sequences)
            #expect(last.map(\.type) == ["succeeded", "failed", "cancelled"])
            #expect(last[1].data == ["exception": ["type": "Boom", "message": "boom"]])
            #expect(
                try await bench.store.completed([1, 2, 3].map { TaskID($0) }).ids == [2, 1, 3].map { TaskID($0) })
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
            #expect(try await bench.store.finish(TaskID(1), report, at: at(2)).ended[0].detail == ["pid": 7])
        }
    }

    @Test func aHookIsWrittenWithTheOutcomeAndStruckOutWhenRun() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["on_done": ["x"]]), job("b"))
            _ = try await bench.claim()
            #expect(try await bench.store.pendingHooks(limit: 9, besides: []).isEmpty)
            try await bench.finish(2, .succeeded(nil))
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.store.pendingHooks(limit: 9, besides: []).map(\.name) == ["a"])
            #expect(try await bench.store.pendingHooks(limit: 9, besides: [TaskID(1)]).isEmpty)
            #expect(try await bench.store.pendingHooks(limit: 0, besides: []).isEmpty)
            try await bench.store.completeHook(TaskID(1), result: ["exit_code": 3], at: at(3))
            #expect(try await bench.store.pendingHooks(limit: 9, besides: []).isEmpty)
            #expect(try await bench.store.eventPage(after: 0, taskID: TaskID(1)).events.last?.data == ["exit_code": 3])
        }
    }

    @Test func aTryThatFailedIsKeptAndTheTaskRestsBeforeTheNext() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["retry": ["attempts": 3]]))
            _ = try await bench.claim(at: at(1))
            let isAgain = try await bench.store.requeue(
                TaskID(1), after: .boom, detail: ["pid": 9], wakeAt: at(10), at: at(2))
            #expect(isAgain)
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
                #expect(try await bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(2)))
            }
        }
    }

    @Test func whatDoesNotRunIsNotRequeuedAndMakesNoProgress() async throws {
        try await withStore { bench in
            let task = try await bench.submit(job("a"))[0]
            #expect(try await !bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(1)))
            try await bench.store.record(Progress(completed: 1, total: 2), of: task, at: at(1))
            #expect(try await bench.task(1) == task)
            #expect(try await bench.events(of: 1) == ["submitted"])
        }
    }

    @Test func whatSomebodyAskedToEndIsNotRequeued() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["retry": 3]))
            _ = try await bench.claim()
            _ = try await bench.store.cancel(TaskID(1), message: nil, force: false, at: at(2))
            #expect(try await !bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(2)))
            #expect(try await bench.task(1).state == .running)
        }
    }

    @Test func progressOfATryIsNotTheNextOnes() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["retry": 3]))
            _ = try await bench.claim()
            let first = try await bench.task(1)
            #expect(try await bench.store.requeue(TaskID(1), after: .boom, detail: nil, wakeAt: nil, at: at(2)))
            _ = try await bench.claim()
            try await bench.store.record(Progress(completed: 1, total: 2), of: first, at: at(3))
            #expect(try await bench.task(1).progress == nil)
            #expect(try await bench.store.setPaused(first, true, at: at(3)) == nil)
        }
    }

    @Test func aChainOfDependentsOfAnyLengthFails() async throws {
        try await withStore { bench in
            let length: Int64 = 20_000
            var jobs = [try Job(json: job("0"))]
            for number in 1..<length { jobs.append(try Job(json: job("\(number)", ["after": [.int(number)]]))) }
            _ = try await bench.store.submit(jobs, directory: nil, by: nil, at: at(0))
            _ = try await bench.claim()
            var ended = try await bench.finish(1, .failed(.boom))
            #expect(ended.count == 1 + Store.tasksAtOnce)
            try await bench.endDoomed { ended += $0 }
            #expect(ended.map(\.id.number) == Array(1...length))
            #expect(ended.last?.exception == .dependencyFailed(TaskID(length - 1), state: .failed))
        }
    }

    @Test(arguments: [true, false])
    func manyThatCannotRunEndAThousandAtATime(areMembers: Bool) async throws {
        try await withStore { bench in
            let count = 2 * Store.tasksAtOnce + 10
            let modifiers: JSONObject = areMembers ? [:] : ["after": [1]]
            let others = (1...count).map { job("\($0)", modifiers) }
            if areMembers {
                try await bench.submit(gather(others, ["hold": true]))
            } else {
                try await bench.submit(job("first", ["hold": true]))
                _ = try await bench.store.submit(
                    others.map { try Job(json: $0) }, directory: nil, by: nil, at: at(0))
            }
            let cancelled = try await bench.store.cancel(TaskID(1), message: nil, force: false, at: at(1))
            guard case .ended(var ended) = cancelled else {
                Issue.record("a held task ends at once")
                return
            }
            #expect(ended.count == 1 + Store.tasksAtOnce)
            _ = try await bench.store.prune(.doneBefore(at(9)), limit: 1)
            #expect(try await bench.store.task(TaskID(1)) != nil, "what tells why the others end stays")
            var sizes: [Int] = []
            try await bench.endDoomed {
                sizes.append($0.count)
                ended += $0
            }
            #expect(sizes == [Store.tasksAtOnce, 10])
            #expect(ended.map(\.id.number) == Array(1...Int64(count + 1)))
            let exceptions = Set(ended.dropFirst().compactMap { $0.exception?.message })
            #expect(exceptions.count == 1, "the same for all")
        }
    }

    /// Whether the composite rests between two tries or makes the second.
    @Test(arguments: [true, false])
    func manyMembersThatWereNotLetGoEndAThousandAtATime(rests: Bool) async throws {
        try await withStore { bench in
            let count = Store.tasksAtOnce + 10
            let wish = try Job(json: gather((1...count).map { job("\($0)") }, ["retry": 2]))
            _ = try await bench.store.submit([wish], directory: nil, by: nil, at: at(0))
            try await bench.claimComposites()
            let requeued = try await bench.store.requeueComposite(
                TaskID(1), wish, after: .boom, wakeAt: rests ? at(60) : nil, at: at(2))
            var ended = try #require(requeued)
            #expect(ended.count == Store.tasksAtOnce)
            #expect(try await bench.claimComposites(at: at(3)).count == (rests ? 0 : 1))
            try await bench.endDoomed { ended += $0 }
            #expect(ended.map(\.id.number) == Array(2...Int64(count + 1)))
            #expect(Set(ended.map(\.exception)) == [.cancelled("attempt 1 of its gather has ended")])
            #expect(
                try await bench.rows("SELECT count(*) FROM tasks WHERE state = 'queued' AND parent_attempt = 2")
                    == [[count.databaseValue]])
        }
    }

    @Test func manyThatWaitForASuccessAreLetGoAThousandAtATime() async throws {
        try await withStore { bench in
            let others = (1...(Store.tasksAtOnce + 10)).map { job("\($0)", ["after": [1]]) }
            let jobs = try ([job("first")] + others).map { try Job(json: $0) }
            _ = try await bench.store.submit(jobs, directory: nil, by: nil, at: at(0))
            _ = try await bench.claim()
            let (ended, leavesWaiting) = try await bench.store.finish(TaskID(1), RunReport(.succeeded(nil)), at: at(2))
            #expect(ended.count == 1 && leavesWaiting)
            #expect(try await bench.claim(limit: .max).count == Store.tasksAtOnce)
            #expect(try await bench.store.doomed().isEmpty)
            _ = try await bench.store.prune(.doneBefore(at(9)), limit: 1)
            let rest = try await bench.store.satisfied()
            #expect(rest.count == 10)
            try await bench.store.reopen(rest[...], at: at(3))
            #expect(try await bench.claim(limit: .max).count == 10)
            #expect(try await bench.store.satisfied().isEmpty)
            let last = try await bench.store.finish(TaskID(2), RunReport(.succeeded(nil)), at: at(3))
            #expect(!last.leavesWaiting)
        }
    }

    @Test func theNextTryOfACompositeDoesNotWaitForWhatIsDone() async throws {
        try await withStore { bench in
            try await bench.submit(job("first"))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil))
            let job = try Job(json: gather([job("a", ["after": [1]])], ["retry": 2]))
            _ = try await bench.store.submit([job], directory: nil, by: nil, at: at(0))
            try await bench.claimComposites()
            let ended = try await bench.store.requeueComposite(TaskID(2), job, after: .boom, wakeAt: nil, at: at(2))
            #expect(ended?.map(\.name) == ["a"])
            #expect(try await bench.rows("SELECT task_id FROM dependencies WHERE task_id = 4").isEmpty)
        }
    }

    @Test func whatRunsIsFoundAgain() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a")]), job("b"), job("c", ["hold": true]))
            try await bench.claimComposites()
            _ = try await bench.claim()
            #expect(try await bench.store.runningTasks().map(\.name) == ["gather", "b"])
        }
    }
}

extension StoreBench {
    /// Ends all that cannot run any more, and tells what ended in each commit.
    fileprivate func endDoomed(_ tell: ([TaskRecord]) -> Void) async throws {
        while case var doomed = try await store.doomed()[...], !doomed.isEmpty {
            while !doomed.isEmpty {
                tell(try await store.end(doomed.prefix(Store.tasksAtOnce), at: at(3)))
                doomed = doomed.dropFirst(Store.tasksAtOnce)
            }
        }
    }
}
