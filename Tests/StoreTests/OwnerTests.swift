import Model
import Testing

@testable import Store

/// Whose tasks they are, and what that means to what is found, counted and run.
@Suite struct OwnerTests {
    @Test func aKeyIsOneUsers() async throws {
        try await withStore { bench in
            let first = try await bench.submit(job("a", ["key": "k"]), by: 1)
            #expect(try await bench.submit(job("a", ["key": "k"]), by: 1).map(\.id) == first.map(\.id))
            #expect(try await bench.submit(job("a", ["key": "k"]), by: 2).map(\.id) != first.map(\.id))
            #expect(try await bench.submit(job("a", ["key": "k"])).map(\.id.number) == [3])
            #expect(try await bench.submit(job("a", ["key": "k"])).map(\.id.number) == [3])
        }
    }

    @Test func aFilterForAUserFindsTheirTasksAlone() async throws {
        try await withStore { bench in
            for uid: UInt32 in [1, 2, 1, 2, 1] { try await bench.submit(gather([job("a")]), by: uid) }
            var filter = TaskFilter()
            filter.owner = 2
            filter.limit = 3
            let (page, next) = try await bench.store.tasks(filter)
            #expect(page.map(\.id.number) == [3, 4, 7])
            filter.cursor = next
            #expect(try await bench.store.tasks(filter).tasks.map(\.id.number) == [8])
        }
    }

    @Test func theFirstTaskOfAnotherIsNamed() async throws {
        try await withStore { bench in
            for uid: UInt32 in [1, 2] { try await bench.submit(job("a"), by: uid) }
            #expect(try await bench.store.firstForeign(to: 1, among: [TaskID(1)]) == nil)
            #expect(try await bench.store.firstForeign(to: 1, among: [TaskID(1), TaskID(2)]) == TaskID(2))
            #expect(try await bench.store.firstForeign(to: 1, among: [TaskID(9)]) == TaskID(9), "nobody's")
        }
    }

    @Test func whoMayNotSeeATaskCannotRunAfterIt() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), by: 1)
            let after = try Job(json: job("b", ["after": [1]]))
            let submitter = Submitter(uid: 2, gid: 2, pid: 1)
            await #expect(throws: UnknownTask.self) {
                try await bench.store.submit([after], directory: "/", by: submitter, afterTasksOf: 2, at: at(1))
            }
            let (submissions, _) = try await bench.store.submit([after], directory: "/", by: submitter, at: at(1))
            #expect(submissions.count == 1)
        }
    }

    @Test func theTasksOfEachUserThatAreNotDoneAreCounted() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), job("b")]), job("c", ["hold": true]), by: 1)
            try await bench.submit(job("d"), by: 2)
            try await bench.submit(job("e"))
            #expect(try await bench.store.unfinishedByOwner() == [1: 4, 2: 1])
            #expect(try await bench.claim() == ["d", "e"])
            try await bench.finish(5, .succeeded(nil))
            #expect(try await bench.store.unfinishedByOwner() == [1: 4])
        }
    }

    @Test func pagesOfEventsPassOverThoseOfOthers() async throws {
        try await withStore { bench in
            let jobs = (0..<400).map { job("a\($0)") }
            for uid: UInt32 in [1, 2, 1] { try await bench.submit(gather(jobs), by: uid) }
            let first = try await bench.store.eventPage(after: 0, taskID: nil, owner: 2)
            #expect(first.events.count == 401 && first.mayBeMore)
            #expect(first.last == 1000, "where the next page starts is beyond the last event shown")
            let rest = try await bench.store.eventPage(after: first.last, taskID: nil, owner: 2)
            #expect(rest.events.isEmpty && !rest.mayBeMore && rest.last == 1203)
        }
    }

    @Test func aUserWithoutRoomIsPassedOver() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["priority": 9]), job("b", ["priority": 8]), job("c"), by: 1)
            try await bench.submit(job("d"), by: 2)
            try await bench.submit(job("e", ["queue": "other"]), by: 1)
            try await bench.submit(job("f"))
            func claim(_ userSlots: [UInt32: Int], limit: Int = 10) async throws -> [String] {
                try await bench.store.claim(limit: limit, running: [:], userSlots: userSlots, at: at(1)).tasks.map(
                    \.name)
            }
            #expect(try await claim([1: 0, 2: 0], limit: 1) == ["f"])
            #expect(try await claim([1: 1]) == ["a", "d"], "in all queues together")
            #expect(try await claim([1: -3]) == [])
            #expect(try await claim([1: 2]) == ["b", "c"])
            #expect(try await claim([:]) == ["e"])
        }
    }

    /// The last place of a user goes to another queue: the next user's task in the first one has room, slot and queue.
    @Test func whoLosesTheirPlaceToAnotherQueueHoldsNobodyUp() async throws {
        try await withStore { bench in
            for queue in ["a", "c"] {
                _ = try await bench.store.changeQueue(queue, QueueChange(maximumRunning: .tasks(1)))
                try await bench.submit(job("1 in \(queue)", ["queue": .string(queue)]), by: 1)
                try await bench.submit(job("2 in \(queue)", ["queue": .string(queue)]), by: 2)
                try await bench.submit(job("3 in \(queue)", ["queue": .string(queue)]), by: 3)
            }
            try await bench.submit(job("1 in b", ["queue": "b", "priority": 5]), by: 1)
            try await bench.submit(job("late", ["queue": "b", "priority": -5]), by: 4)
            func claim(_ limit: Int) async throws -> [String] {
                let userSlots: [UInt32: Int] = [1: 1, 2: 1, 3: 1, 4: 1]
                return try await bench.store.claim(limit: limit, running: [:], userSlots: userSlots, at: at(1)).tasks
                    .map(
                        \.name)
            }
            #expect(try await claim(3) == ["1 in b", "2 in a", "3 in c"])
        }
    }

    @Test func whoMayNotRunIsNotAheadOfAnybody() async throws {
        try await withStore { bench in
            for uid: UInt32 in [1, 2, 1] { try await bench.submit(job("a"), by: uid) }
            let last = try await bench.submit(job("b"), by: 3)[0]
            #expect(try await bench.store.countAhead(of: last) == 3)
            #expect(try await bench.store.countAhead(of: last, passingOver: [1]) == 1)
        }
    }
}
