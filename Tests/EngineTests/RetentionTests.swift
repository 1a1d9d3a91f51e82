import FoundationEssentials
import Jobs
import Logging
import Model
import Store
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
            configuration.logger = .warning(warned)
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
            // The last is of no task yet.
            let state = try StateDirectory(tasks: [3, 2, 1, 7])
            defer { state.remove() }
            let configure = { (configuration: inout EngineConfiguration) in
                configuration.directories = state.directories
                configuration.removeOutput = { removed.yield($0) }
            }
            try await withBench(takingUp: bench.directory, configure: configure) { _ in
                let removed = await removals.first { _ in true }
                #expect(removed?.sorted() == [TaskID(1), TaskID(2)])
            }
        }
    }

    @Test func whatTheHistoryNeverHadIsSetAside() async throws {
        let state = try StateDirectory(tasks: [1, 2])
        defer { state.remove() }
        let configure = { (configuration: inout EngineConfiguration) in
            configuration.directories = state.directories
        }
        try await withBench(configure: configure) { bench in
            let left = try await state.directories.tasks()
            #expect(left.isEmpty)
            #expect(try state.setAside == ["1-1", "2-1"])
            try await bench.submit(["sleep": 1, "name": "a"])
            try await bench.end("a", .succeeded(nil))
            try state.make(tasks: [1, 2])
            try await withBench(takingUp: bench.directory, configure: configure) { _ in
                let left = try await state.directories.tasks()
                #expect(left == [TaskID(1)])
            }
        }
    }
}

/// A directory that holds what tasks have left.
private struct StateDirectory {
    private let path: String

    var directories: TaskDirectories { TaskDirectories(state: path) }

    /// Whose directories were set aside.
    var setAside: [String] {
        get throws {
            let starts = try FileManager.default.contentsOfDirectory(atPath: path + "/tasks.old")
            return try starts.flatMap { try FileManager.default.contentsOfDirectory(atPath: "\(path)/tasks.old/\($0)") }
                .sorted()
        }
    }

    init(tasks: [Int]) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
        try make(tasks: tasks)
    }

    func make(tasks: [Int]) throws {
        for task in tasks {
            try FileManager.default.createDirectory(
                atPath: "\(path)/tasks/\(task)", withIntermediateDirectories: true)
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
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
