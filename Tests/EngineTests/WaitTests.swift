import Model
import Store
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct WaitTests {
    @Test func allCompletedWaitsForEveryTask() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b")])
            async let waiting = bench.engine.wait(WaitRequest(ids: ids))
            try await bench.end("b", .boom())
            try await bench.end("a", .succeeded(1))
            let (done, pending) = try await waiting
            #expect(done == ids)
            #expect(pending.isEmpty)
            #expect(bench.engine.completions.count == 0)
        }
    }

    @Test func firstCompletedEndsWithTheFirst() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b"), job("c")])
            async let waiting = bench.engine.wait(WaitRequest(ids: ids.reversed(), returnWhen: .firstCompleted))
            await bench.stage.started("b")
            bench.stage.end("b", .succeeded(2))
            let (done, pending) = try await waiting
            #expect(done == [ids[1]])
            #expect(pending == [ids[2], ids[0]])
            #expect(try await bench.task("a").cancelRequests == 0)
        }
    }

    @Test func firstExceptionPassesOverSuccessAndCancellation() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b"), job("c"), job("d")])
            async let waiting = bench.engine.wait(WaitRequest(ids: ids, returnWhen: .firstException))
            try await bench.end("a", .succeeded(1))
            _ = try await bench.engine.cancel(ids[1], message: nil, force: false)
            try await bench.done("b")
            try await bench.end("c", .boom())
            let (done, pending) = try await waiting
            #expect(done == Array(ids[...2]))
            #expect(pending == [ids[3]])
        }
    }

    @Test func firstExceptionWithoutAnyWaitsForAll() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b")])
            async let waiting = bench.engine.wait(WaitRequest(ids: ids, returnWhen: .firstException))
            try await bench.end("a", .succeeded(1))
            try await bench.end("b", .succeeded(2))
            #expect(try await waiting.pending.isEmpty)
        }
    }

    @Test func aTimeoutTellsWhatIsDoneAndCancelsNothing() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b")])
            try await bench.end("a", .succeeded(1))
            async let waiting = bench.engine.wait(WaitRequest(ids: ids, timeout: .seconds(7)))
            await bench.clock.sleeper(until: .seconds(7))
            bench.clock.advance(by: .seconds(7))
            let (done, pending) = try await waiting
            #expect(done == [ids[0]])
            #expect(pending == [ids[1]])
            #expect(try await bench.end("b", .succeeded(2)).cancelRequests == 0)
        }
    }

    @Test func aTimeoutOfZeroOnlyLooks() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a")])
            let (done, pending) = try await bench.engine.wait(WaitRequest(ids: ids, timeout: .zero))
            #expect(done.isEmpty)
            #expect(pending == ids)
        }
    }

    @Test func anUnknownTaskIsRefused() async throws {
        try await withBench { bench in
            try await bench.submit(job("a"))
            let error = await #expect(throws: UnknownTask.self) {
                try await bench.engine.wait(WaitRequest(ids: [TaskID(1), TaskID(5)]))
            }
            #expect(error?.id == TaskID(5))
            #expect(bench.engine.completions.count == 0)
        }
    }

    @Test func aWaiterThatGoesAwayCancelsNothingAndLeavesNothing() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            let waiting = Task { try await bench.engine.wait(WaitRequest(ids: [id])) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiting.value }
            #expect(bench.engine.completions.count == 0)
            #expect(try await bench.end("a", .succeeded(1)).state == .succeeded)
        }
    }

    @Test func waitersOfOneTaskAreAllWoken() async throws {
        try await withBench { bench in
            let id = try await bench.submit(job("a"))
            await bench.stage.started("a")
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await bench.engine.wait(WaitRequest(ids: [id])).done.count }
                }
                bench.stage.end("a", .succeeded(1))
                return try await group.reduce(0, +)
            }
            #expect(answers == 50)
        }
    }

    @Test func aTaskThatIsPrunedMeanwhileIsLeftOut() async throws {
        try await withBench { bench in
            var answer: (done: [TaskID], pending: [TaskID])?
            var second: TaskID?
            while answer == nil {
                try Task.checkCancellation()
                let ids = try await bench.submit([job("a"), job("b")])
                second = ids[1]
                await bench.stage.started("b")
                async let waiting = bench.engine.wait(WaitRequest(ids: ids))
                while bench.engine.completions.count < 2 { await Task.yield() }
                try await bench.end("a", .succeeded(1))
                _ = try await bench.store.prune(.upTo(sequence: .max), limit: 9)
                try await bench.end("b", .succeeded(2))
                do {
                    answer = try await waiting
                } catch is UnknownTask {
                    // Pruned before it was looked at: then nobody knows it.
                }
            }
            #expect(answer?.done.first == second && answer?.done.count == 1 && answer?.pending.isEmpty == true)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AsCompletedTests {
    @Test func tellsTasksInTheOrderTheyAreDone() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b"), job("c"), job("d")])
            try await bench.end("c", .succeeded(3))
            try await bench.end("a", .succeeded(1))
            let told = Mutex<[TaskID]>([])
            async let waiting = bench.engine.asCompleted(ids, timeout: nil) { id in told.withLock { $0.append(id) } }
            try await bench.end("d", .boom())
            try await bench.end("b", .succeeded(2))
            #expect(try await waiting.isEmpty)
            #expect(told.withLock(\.self) == [ids[2], ids[0], ids[3], ids[1]])
        }
    }

    @Test func aTimeoutNamesWhatIsPendingInTheOrderAsked() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b"), job("c")])
            try await bench.end("b", .succeeded(2))
            let told = Mutex<[TaskID]>([])
            async let waiting = bench.engine.asCompleted(ids.reversed(), timeout: .seconds(3)) { id in
                told.withLock { $0.append(id) }
            }
            await bench.clock.sleeper(until: .seconds(3))
            bench.clock.advance(by: .seconds(3))
            #expect(try await waiting == [ids[2], ids[0]])
            #expect(told.withLock(\.self) == [ids[1]])
        }
    }

    @Test func aTaskThatIsPrunedBeforeItIsToldIsLeftOut() async throws {
        try await withBench { bench in
            let ids = try await bench.submit([job("a"), job("b"), job("c")])
            for name in ["b", "c"] { await bench.stage.started(name) }
            try await bench.end("a", .succeeded(1))
            let told = Mutex<[TaskID]>([])
            let pending = try await bench.engine.asCompleted(ids, timeout: nil) { id in
                told.withLock { $0.append(id) }
                for name in ["b", "c"] { try await bench.end(name, .succeeded(2)) }
                _ = try await bench.store.prune(.upTo(sequence: .max), limit: 9)
            }
            #expect(pending.isEmpty)
            #expect(told.withLock(\.self) == [ids[0]])
        }
    }

    @Test func manyTasksEndingAtOnceAreEachToldOnceAndInOrder() async throws {
        try await withBench { bench in
            let names = (0..<60).map { "t\($0)" }
            let ids = try await bench.submit(names.map { job($0) })
            let told = Mutex<[TaskID]>([])
            async let waiting = bench.engine.asCompleted(ids, timeout: nil) { id in told.withLock { $0.append(id) } }
            for name in names { bench.stage.end(name, .succeeded(nil)) }
            #expect(try await waiting.isEmpty)
            let tasks = try await bench.store.tasks(told.withLock(\.self)[...], within: .max).tasks
            let sequences = tasks.map { $0.doneSequence ?? 0 }
            #expect(sequences == sequences.sorted())
            #expect(Set(sequences).count == 60)
        }
    }
}
