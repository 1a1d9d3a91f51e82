import Model
import Testing

@testable import Store

@Suite struct ClaimTests {
    @Test func manyWhoseTimeHasComeAreWokenAThousandAtATime() async throws {
        try await withStore { bench in
            let count = Store.sleepersAtOnce + 10
            let jobs = try (1...count).map { try Job(json: job("\($0)", ["delay": 5])) }
            _ = try await bench.store.submit(jobs, directory: nil, by: nil, at: at(0))
            #expect(try await bench.store.wake(at: at(5)))
            #expect(try await bench.claim(limit: .max).count == Store.sleepersAtOnce)
            #expect(try await !bench.store.wake(at: at(5)))
            #expect(try await bench.claim(limit: .max).count == 10)
            #expect(try await bench.store.nextWake() == nil)
        }
    }

    @Test func claimsByPriorityThenAge() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("a"), job("b", ["priority": 5]), job("c", ["queue": "other", "priority": 5]),
                job("d", ["priority": -5]), job("e", ["queue": "other", "priority": 9]))
            #expect(try await bench.claim(limit: 2) == ["e", "b"])
            #expect(try await bench.claim(limit: 2) == ["c", "a"])
            #expect(try await bench.claim() == ["d"])
            #expect(try await bench.claim() == [])
        }
    }

    @Test func aClaimedTaskRunsItsNextTry() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            let task = try #require(try await bench.store.claim(limit: 1, running: [:], at: at(7)).tasks.first)
            #expect(task.state == .running)
            #expect(task.attempt == 1)
            #expect(task.startedAt == at(7))
            #expect(try await bench.events(of: 1) == ["submitted", "started"])
        }
    }

    @Test func findsEachQueueThatHasSomething() async throws {
        try await withStore { bench in
            for name in ["a", "empty", "m", "paused", "z"] {
                _ = try await bench.store.changeQueue(name, QueueChange(isPaused: name == "paused"))
            }
            #expect(try await bench.claim() == [])
            for name in ["z", "paused", "m", "a"] {
                try await bench.submit(job("in \(name)", ["queue": .string(name)]))
            }
            #expect(try await bench.claim() == ["in z", "in m", "in a"])
            #expect(try await bench.claim() == [])
        }
    }

    @Test func aQueueGivesNoMoreThanItsLimitLeaves() async throws {
        try await withStore { bench in
            _ = try await bench.store.changeQueue("q", QueueChange(maximumRunning: .tasks(2)))
            let wishes = ["a", "b", "c"].map { job($0, ["queue": "q", "priority": 1]) }
            for wish in wishes + [job("d")] { try await bench.submit(wish) }
            #expect(try await bench.claim(running: ["q": 1]) == ["a", "d"])
            #expect(try await bench.claim(running: ["q": 2]) == [])
            _ = try await bench.store.changeQueue("q", QueueChange(maximumRunning: .unlimited))
            #expect(try await bench.claim(running: ["q": 2]) == ["b", "c"])
        }
    }

    @Test func aPausedQueueGivesNothing() async throws {
        try await withStore { bench in
            _ = try await bench.store.changeQueue("q", QueueChange(isPaused: true))
            try await bench.submit(job("a", ["queue": "q"]))
            #expect(try await bench.claim() == [])
            let status = try await bench.store.changeQueue("q", QueueChange(isPaused: false))
            #expect(status.queued == 1 && status.running == 0 && !status.isPaused)
            #expect(try await bench.claim() == ["a"])
            #expect(try await bench.store.queues().map(\.name) == ["default", "q"])
            #expect(try await bench.store.queues().last?.running == 1)
        }
    }

    @Test func aHeldTaskIsClaimedOnlyOnceStarted() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["hold": true]))
            #expect(try await bench.claim() == [])
            #expect(try await bench.store.start(TaskID(1), at: at(1))?.state == .queued)
            #expect(try await bench.store.start(TaskID(1), at: at(1)) == nil)
            #expect(try await bench.claim() == ["a"])
            #expect(try await bench.events(of: 1) == ["submitted", "released", "started"])
        }
    }

    @Test func aHeldTaskStillWaitsForWhatItRunsAfter() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b", ["hold": true, "after": [1]]))
            _ = try await bench.claim()
            #expect(try await bench.store.start(TaskID(2), at: at(1))?.waitingFor == ["after": [1]])
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.claim() == ["b"])
        }
    }

    @Test func aHeldTaskWhoseDependencySucceededStaysHeld() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b", ["hold": true, "after": [1]]))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.task(2).state == .held)
            #expect(try await bench.store.start(TaskID(2), at: at(3))?.waitingFor == nil)
        }
    }

    @Test func sleepersWakeWhenTheirTimeComes() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("a", ["delay": 30]), job("b", ["delay": 10]),
                job("c", ["not_before": .string(at(20).description)]),
                job("d", ["not_before": .string(at(-5).description)]))
            #expect(try await bench.claim() == ["d"])
            #expect(try await bench.store.nextWake() == at(10))
            try await bench.store.wake(at: at(9))
            #expect(try await bench.claim() == [])
            try await bench.store.wake(at: at(20))
            #expect(try await bench.claim() == ["b", "c"])
            #expect(try await bench.store.nextWake() == at(30))
            try await bench.store.wake(at: at(31))
            #expect(try await bench.claim() == ["a"])
            #expect(try await bench.store.nextWake() == nil)
        }
    }

    @Test func compositesAreClaimedApart() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a")]), job("b"), gather([job("c")], ["hold": true]))
            let claimed = try await bench.store.claim(limit: 1, running: [:], at: at(1))
            #expect(claimed.composites.map(\.id) == [TaskID(1)] && claimed.tasks.map(\.name) == ["b"])
            #expect(try await bench.claimComposites() == [])
            #expect(try await bench.claim() == [])
        }
    }

    /// Whoever rings for it does not wait for the commit, nor for the tasks to be counted.
    @Test func aChangeOfAQueueHasItsPlaceBeforeItIsCommitted() async throws {
        try await withStore { bench in
            let slow = await SlowCommit(bench.store.writer)
            let (places, place) = AsyncStream<Void>.makeStream()
            async let status = bench.store.changeQueue("q", QueueChange(maximumRunning: .tasks(1))) { place.yield() }
            for await _ in places { break }
            slow.release()
            #expect(try await status.maximumRunning == 1)
            try await slow.end()
        }
    }
}
