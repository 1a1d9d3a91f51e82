import GRDB
import Model
import Testing

@testable import Store

@Suite struct PruneTests {
    @Test func removesWhatWasDoneBeforeWithAllThatBelongsToIt() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), gather([job("b")])]))
            try await bench.submit(job("c"))
            try await finishAll(bench, at: at(2))
            try await bench.submit(job("d"))
            try await finishAll(bench, at: at(5))
            let removed = try await bench.store.prune(.doneBefore(at(5)), limit: 100)
            #expect(removed?.map(\.number).sorted() == [1, 2, 3, 4, 5])
            #expect(try await bench.rows("SELECT name FROM tasks") == [["d".databaseValue]])
            #expect(try await bench.rows("SELECT DISTINCT task_id FROM events") == [[6.databaseValue]])
            #expect(try await bench.rows("PRAGMA foreign_key_check").isEmpty)
        }
    }

    @Test func removesTheOldestFirstAndNoMoreThanAskedFor() async throws {
        try await withStore { bench in
            for name in ["a", "b", "c"] { try await bench.submit(job(name)) }
            _ = try await bench.claim()
            for number: Int64 in [2, 3, 1] { try await bench.finish(number, .succeeded(nil)) }
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 2)?.map(\.number) == [2, 3])
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 2)?.map(\.number) == [1])
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 2) == nil)
        }
    }

    @Test func knowsWhichIsTheLastToGo() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), job("b")]))
            for name in ["c", "d"] { try await bench.submit(job(name)) }
            try await finishAll(bench, at: at(2))
            #expect(try await bench.store.lastToGo(keeping: 3) == nil)
            let last = try #require(try await bench.store.lastToGo(keeping: 1))
            let removed = try await bench.store.prune(.upTo(sequence: last), limit: 9)
            #expect(removed?.count == 4 || removed?.count == 2)
            #expect(try await bench.rows("SELECT count(*) FROM tasks WHERE parent_id IS NULL") == [[1.databaseValue]])
            #expect(try await bench.store.lastToGo(keeping: 1) == nil)
        }
    }

    @Test func keepsACompositeWithMembersLeftAndATaskWithAHookToRun() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("member")]))
            try await bench.submit(job("hooked", ["on_done": ["true"]]))
            try await bench.claimComposites()
            _ = try await bench.store.release(membersOf: TaskID(1), from: nil, limit: 9, at: at(1))
            _ = try await bench.claim()
            for number: Int64 in [1, 3] { try await bench.finish(number, .failed(.boom)) }
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9) == nil)
            try await bench.finish(2, .succeeded(nil))
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9)?.map(\.number) == [2, 1])
            try await bench.store.completeHook(TaskID(3), result: nil, at: at(3))
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9)?.map(\.number) == [3])
        }
    }

    /// A member of each attempt runs after it.
    @Test func keepsWhatTheNextAttemptOfACompositeFailsWith() async throws {
        try await withStore { bench in
            try await bench.submit(job("failed"), job("succeeded"))
            _ = try await bench.claim()
            try await bench.finish(1, .failed(.boom))
            try await bench.finish(2, .succeeded(nil))
            let members = [gather([job("a", ["after": [1]])]), job("b", ["after": [2]])]
            let wish = try Job(json: gather(members, ["retry": 2]))
            _ = try await bench.store.submit([wish], directory: nil, by: nil, at: at(0))
            try await bench.claimComposites()
            _ = try await bench.store.release(membersOf: TaskID(3), from: nil, limit: 9, at: at(1))
            try await bench.claimComposites()
            try await bench.finish(4, .failed(.boom))
            _ = try await bench.store.requeueComposite(TaskID(3), wish, after: .boom, wakeAt: nil, at: at(2))
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9)?.map(\.number) == [2])
            _ = try await bench.store.cancel(TaskID(3), message: nil, force: false, at: at(3))
            _ = try await bench.claim()
            try await bench.finish(6, .succeeded(nil))
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 99)?.count == 8)
        }
    }

    @Test func theNextAttemptOfACompositeMissesNothingThatIsGone() async throws {
        try await withStore { bench in
            try await bench.submit(job("succeeded"))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil))
            let wish = try Job(json: gather([gather([job("inner", ["after": [1]])])], ["retry": 2]))
            _ = try await bench.store.submit([wish], directory: nil, by: nil, at: at(0))
            try await bench.claimComposites()
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9)?.map(\.number) == [1])
            _ = try await bench.store.requeueComposite(TaskID(2), wish, after: .boom, wakeAt: nil, at: at(2))
            let parents = try await bench.rows("SELECT parent_id FROM tasks WHERE name = 'inner' ORDER BY id")
            #expect(parents == [[3.databaseValue], [5.databaseValue]])
        }
    }

    @Test func aLargeCompositeGoesInSeveralStepsMembersFirst() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), gather([job("b"), job("c")])]))
            try await finishAll(bench, at: at(2))
            var steps: [[Int64]] = []
            while true {
                guard let removed = try await bench.store.prune(.doneBefore(at(9)), limit: 2) else { break }
                steps.append(removed.map(\.number))
                #expect(try await bench.rows("PRAGMA foreign_key_check").isEmpty)
            }
            #expect(steps == [[5, 4], [3, 2], [1]])
        }
    }

    @Test func whatWasDoneByAWrongClockHoldsNothingUp() async throws {
        try await withStore { bench in
            for (name, time): (String, Int64) in [("future", 99), ("a", 2), ("b", 3)] {
                try await bench.submit(job(name))
                try await finishAll(bench, at: at(time))
            }
            #expect(try await bench.store.prune(.doneBefore(at(9)), limit: 9)?.map(\.number) == [2, 3])
        }
    }

    @Test func whatOthersAreMeasuredAgainstKeepsWhatItBelongsTo() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), job("b")]))
            try await bench.submit(job("c"))
            try await finishAll(bench, at: at(2))
            try await bench.store.note(["3": TaskID(3)])
            func prune(_ oldest: Timestamp) async throws -> [Int64]? {
                try await bench.store.prune(.doneBefore(at(9)), keepingMeasuresSince: oldest, limit: 9)?.map(\.number)
            }
            #expect(try await prune(at(2)) == [4])
            #expect(try await prune(at(2)) == nil)
            #expect(try await prune(at(3)) == [3, 2, 1])
            #expect(try await bench.store.measures(of: ["3"]) == [:])
        }
    }

    @Test func aThousandAreKeptOfWhatOthersAreMeasuredAgainst() async throws {
        try await withStore { bench in
            for number in 1...1001 {
                try await bench.submit(job("\(number)"))
                _ = try await bench.store.cancel(TaskID(Int64(number)), message: nil, force: true, at: at(2))
            }
            try await bench.store.note(
                Dictionary(uniqueKeysWithValues: (1...1001).map { ("\($0)", TaskID(Int64($0))) }))
            let pruned = try await bench.store.prune(.doneBefore(at(9)), keepingMeasuresSince: at(1), limit: 9)
            #expect(pruned == [TaskID(1)])
        }
    }

    @Test func aQueueThatWasOnlyNamedGoesWithItsLastTask() async throws {
        try await withStore { bench in
            _ = try await bench.store.changeQueue("limited", QueueChange(maximumRunning: .tasks(1)))
            _ = try await bench.store.changeQueue("paused", QueueChange(isPaused: true))
            for name in ["limited", "paused", "named", "named"] {
                try await bench.submit(job("in \(name)", ["queue": .string(name)]))
            }
            try await bench.submit(job("stays", ["queue": "busy"]))
            try await finishAll(bench, at: at(2), but: "stays")
            _ = try await bench.store.prune(.doneBefore(at(9)), limit: 3)
            #expect(try await queues(bench) == ["busy", "default", "limited", "named", "paused"])
            _ = try await bench.store.prune(.doneBefore(at(9)), limit: 3)
            #expect(try await queues(bench) == ["busy", "default", "limited", "paused"])
        }
    }

    private func queues(_ bench: StoreBench) async throws -> [String] {
        try await bench.rows("SELECT name FROM queues ORDER BY name").map { String.fromDatabaseValue($0[0]) ?? "" }
    }

    @Test func freesTheKey() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["key": "k"]))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil))
            _ = try await bench.store.prune(.doneBefore(at(9)), limit: 9)
            #expect(try await bench.submit(job("a", ["key": "k"])).map(\.id.number) == [2])
        }
    }

    private func finishAll(_ bench: StoreBench, at now: Timestamp, but name: String? = nil) async throws {
        let ids = try await bench.store.tasks(TaskFilter()).tasks.filter { !$0.isDone && $0.name != name }.map(\.id)
        for id in ids { _ = try await bench.store.cancel(id, message: nil, force: true, at: now) }
    }
}
