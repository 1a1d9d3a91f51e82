import FoundationEssentials
import Jobs
import Model
import Store
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct PulseTests {
    @Test func comesBackWhileAllIsWell() async throws {
        try await withBench { bench in
            for _ in 0..<3 { try await bench.engine.pulse() }
            try await bench.submit(job("a"))
            await bench.stage.started("a")
            try await bench.engine.pulse()
        }
    }

    @Test func waitsForTheScheduler() async throws {
        try await withIdleEngine { engine in
            let hasCome = Mutex(false)
            let pulse = Task {
                try await engine.pulse()
                hasCome.withLock { $0 = true }
            }
            // It has gone through the store, and nobody looks for what may run.
            while engine.pulses.withLock(\.isEmpty) { await Task.yield() }
            #expect(!hasCome.withLock { $0 })
            let running = Task { try await engine.run() }
            try await pulse.value
            running.cancel()
            _ = await running.result
        }
    }

    @Test func isGivenUpWhenItsTaskIsCancelled() async throws {
        try await withIdleEngine { engine in
            let pulse = Task { try await engine.pulse() }
            while engine.pulses.withLock(\.isEmpty) { await Task.yield() }
            pulse.cancel()
            try await pulse.value
        }
    }

    /// An engine that does not run yet.
    private func withIdleEngine(_ body: (Engine) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try Store(path: directory + "/history.sqlite")
        let stage = Stage()
        let configuration = EngineConfiguration(
            maximumRunning: 1, directory: "/", handler: { _ in stage }, runHook: { _, _ in HookReport(nil) },
            directories: TaskDirectories(state: directory), logger: .silent)
        try await body(Engine(store: store, configuration: configuration))
        try store.close()
    }
}
