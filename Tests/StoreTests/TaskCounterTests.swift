import GRDB
import Model
import Testing

@testable import Store

/// The numbers that are kept along are those that counting gives.
@Suite(.timeLimit(.minutes(1))) struct TaskCounterTests {
    @Test func agreesWithTheFileAfterWhateverHappens() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("a"), job("b", ["queue": "q"]), job("c", ["queue": "q", "hold": true]), job("d", ["delay": "1h"]),
                job("e", ["after": [1]]), gather([job("f"), job("g", ["queue": "q"])]))
            try await bench.requireAgreement()
            _ = try await bench.claim(limit: 2)
            try await bench.requireAgreement()
            try await bench.claimComposites()
            try await bench.requireAgreement()
            try await bench.finish(1, .succeeded(.null))
            try await bench.requireAgreement()
            _ = try await bench.store.start(TaskID(3), at: at(3))
            try await bench.requireAgreement()
            _ = try await bench.store.requeue(TaskID(2), after: .boom, detail: nil, wakeAt: at(9), at: at(3))
            try await bench.requireAgreement()
            try await bench.store.wake(at: at(10))
            try await bench.requireAgreement()
            _ = try await bench.store.cancel(TaskID(6), message: nil, force: true, at: at(11))
            try await bench.requireAgreement()
            _ = try await bench.store.prune(.doneBefore(at(99)), limit: 10)
            try await bench.requireAgreement()
            #expect(try await bench.store.counts().map(\.count).reduce(0, +) > 0)
        }
    }

    @Test func aSubmissionThatIsRefusedCountsForNothing() async throws {
        try await withStore { bench in
            await #expect(throws: UnknownTask.self) { try await bench.submit(job("a"), job("b", ["after": [99]])) }
            try await bench.requireAgreement()
            try await bench.submit(job("c"))
            try await bench.requireAgreement()
        }
    }

    /// Of the commands that share a commit one throws after it has written, so that the others are done again.
    @Test func whatIsUndoneCountsForNothing() async throws {
        try await withStore { bench in
            let slow = await SlowCommit(bench.store.writer)
            let (queued, queue) = AsyncStream<Void>.makeStream()
            let tasks = [nil, Fault(), nil].map { fault in
                Task {
                    try await bench.store.writer.write(whenQueued: { queue.yield() }) { db in
                        try db.execute(sql: Self.insertion)
                        if let fault { throw fault }
                    }
                }
            }
            var count = 0
            for await _ in queued {
                count += 1
                if count == tasks.count { break }
            }
            slow.release()
            try await tasks[0].value
            await #expect(throws: Fault.self) { try await tasks[1].value }
            try await tasks[2].value
            try await slow.end()
            try await bench.requireAgreement()
            #expect(try await bench.store.backlog().counts[.queued] == 2)
        }
    }

    private struct Fault: Error {}

    private static let insertion = """
        INSERT INTO tasks (name, kind, state, is_composite, job, shield, queue, priority, max_attempts, submitted_at)
        VALUES ('x', 'sleep', moved(NULL, 'queued', 'default', 0), 0, '{}', 0, 'default', 0, 1, '2026-01-01T00:00:00.000Z')
        """

    @Test func beginsWithWhatIsThere() async throws {
        try await withDirectory { directory in
            let first = StoreBench(store: try Store(path: directory + "/history.sqlite"), directory: directory)
            try await first.submit(
                job("a"), job("b", ["queue": "q"]), job("c", ["delay": "1h"]), job("d", ["hold": true]),
                gather([job("e")]))
            _ = try await first.claim(limit: 1)
            try first.store.close()
            let second = StoreBench(store: try Store(path: directory + "/history.sqlite"), directory: directory)
            // Committed while the snapshot may still be counted.
            try await second.finish(1, .succeeded(.null))
            try await second.requireAgreement()
            try second.store.close()
        }
    }

    @Test func aQueueWithNothingInItTakesNoRoom() async throws {
        try await withStore { bench in
            try await bench.submit(job("a", ["queue": "q"]))
            _ = try await bench.claim()
            #expect(try await bench.store.taskCounts().queues.count == 1)
            try await bench.finish(1, .succeeded(.null))
            #expect(try await bench.store.taskCounts().queues.isEmpty)
        }
    }
}

extension StoreBench {
    /// Requires that the numbers kept along are what counting the tasks of the file gives.
    fileprivate func requireAgreement(_ location: SourceLocation = #_sourceLocation) async throws {
        let states = try await rows("SELECT state, count(*) FROM tasks GROUP BY state ORDER BY state")
        let counts = try await store.counts().filter { $0.count > 0 }.sorted { $0.state.rawValue < $1.state.rawValue }
        #expect(
            counts.map { [$0.state.rawValue.databaseValue, $0.count.databaseValue] } == states, sourceLocation: location
        )
        let queues = try await rows(
            """
            SELECT name, (SELECT count(*) FROM tasks WHERE queue = queues.name AND state = 'queued' AND is_composite = 0),
                (SELECT count(*) FROM tasks WHERE queue = queues.name AND state = 'running' AND is_composite = 0)
            FROM queues ORDER BY name
            """)
        let statuses = try await store.queues()
        #expect(
            statuses.map { [$0.name.databaseValue, $0.queued.databaseValue, $0.running.databaseValue] } == queues,
            sourceLocation: location)
    }
}
