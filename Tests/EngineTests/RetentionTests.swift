import Model
import Store
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
    @Test func theOldestGoAndTheYoungestStay() async throws {
        let configure = { (configuration: inout EngineConfiguration) in configuration.retention.count = 1 }
        try await withBench(configure: configure) { bench in
            for name in ["a", "b", "c"] {
                try await bench.submit(["sleep": 1, "name": .string(name)])
                try await bench.end(name, .succeeded(nil))
            }
            try await bench.tidied()
            try await bench.untilNames(["c"])
        }
    }

    @Test func outputThatCannotBeRemovedStopsNothing() async throws {
        let (warnings, warned) = AsyncStream<String>.makeStream()
        let configure = { (configuration: inout EngineConfiguration) in
            configuration.retention.age = .seconds(1)
            configuration.removeOutput = { _ in throw ExceptionInfo.internalError("cannot remove it") }
            configuration.warn = { warned.yield($0) }
        }
        try await withBench(configure: configure) { bench in
            try await bench.submit(["sleep": 1, "name": "a"])
            try await bench.end("a", .succeeded(nil))
            try await bench.tidied()
            for await warning in warnings {
                #expect(warning.contains("cannot remove it"))
                break
            }
            try await bench.submit(["sleep": 1, "name": "b"])
            try await bench.end("b", .succeeded(nil))
        }
    }

    @Test func whatAKilledPruneHasLeftGoes() async throws {
        let (removals, removed) = AsyncStream<[TaskID]>.makeStream()
        try await withBench { bench in
            for name in ["a", "b", "c"] {
                try await bench.submit(["sleep": 1, "name": .string(name)])
                try await bench.end(name, .succeeded(nil))
            }
            #expect(try await bench.engine.prune(keeping: 1) == 2)
            let configure = { (configuration: inout EngineConfiguration) in
                // The last is of no task yet.
                configuration.tasksWithOutput = { [3, 2, 1, 7].map(TaskID.init) }
                configuration.removeOutput = { removed.yield($0) }
            }
            try await withBench(takingUp: bench.directory, configure: configure) { _ in
                #expect(await removals.first { _ in true } == [2, 1].map(TaskID.init))
            }
        }
    }

    @Test func whatTheHistoryNeverHadIsSetAside() async throws {
        let aside = Mutex<[TaskID]>([])
        let configure = { (configuration: inout EngineConfiguration) in
            configuration.tasksWithOutput = { [2, 1].map(TaskID.init) }
            configuration.setOutputAside = { tasks in aside.withLock { $0 += tasks } }
        }
        try await withBench(configure: configure) { bench in
            #expect(aside.withLock(\.self) == [2, 1].map(TaskID.init))
            try await bench.submit(["sleep": 1, "name": "a"])
            try await bench.end("a", .succeeded(nil))
            try await withBench(takingUp: bench.directory, configure: configure) { _ in
                #expect(aside.withLock(\.self) == [2, 1, 2].map(TaskID.init))
            }
        }
    }
}

extension Bench {
    /// Lets the time pass that the history may exceed what is to be kept.
    fileprivate func tidied() async throws {
        await clock.sleeper(until: .seconds(60))
        clock.advance(by: .seconds(60))
    }

    /// Waits until these are all the tasks there are.
    fileprivate func untilNames(_ names: [String]) async throws {
        let commits = store.commits()
        if try await store.tasks(TaskFilter()).tasks.map(\.name) == names { return }
        for await _ in commits where try await store.tasks(TaskFilter()).tasks.map(\.name) == names { return }
    }
}
