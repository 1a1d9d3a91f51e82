// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct RegistryTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let clock = ManualClock()

    @Test func C088_theRegistryListsWhatIsNotDone() async throws {
        let first = registry.spawn(1, behind: gate)
        let second = registry.spawn("two", behind: gate)
        let done = registry.spawn {}
        try await done.value
        #expect(registry.all.map(\.id) == [first.id, second.id])
        #expect(registry[first.id] === first)
        #expect(registry[done.id] == nil)
        #expect(TaskRegistry()[first.id] == nil)
        gate.open()
        _ = try await gather(first, second)
        #expect(registry.all.isEmpty)
        await until { registry.heldCount == 0 }
    }

    @Test func C088_aTaskIsHeldUntilItsCallbacksHaveRun() async throws {
        let task = registry.spawn(1, behind: gate)
        let held = Recorder<Int>()
        task.onDone { [registry] _ in held.append(registry.heldCount) }
        gate.open()
        #expect(await held.first(1) == [1])
        try await registry.shutdown(cancelling: false)
        #expect(registry.heldCount == 0)
    }

    @Test func C089_shutdownCancelsWhatIsLeftAndWaitsForIt() async throws {
        let (started, returned) = (Gate(), Gate())
        let quick = registry.spawn(1, behind: Gate())
        let slow = registry.spawn(cleaningUpBehind: gate, started: started) { 2 }
        try await started.pass()
        let shutdown = Task {
            try await registry.shutdown()
            returned.open()
        }
        _ = await quick.join()
        #expect(quick.cancelReason == "shutdown")
        #expect(!returned.isOpen)
        gate.open()
        try await shutdown.value
        #expect(slow.state == .succeeded)
        #expect(registry.heldCount == 0)
    }

    @Test func C089_drainingLetsTheTasksFinish() async throws {
        let task = registry.spawn(1, behind: gate)
        let shutdown = Task { try await registry.shutdown(cancelling: false, grace: .seconds(5), clock: clock) }
        await clock.sleepers(1)
        gate.open()
        try await shutdown.value
        #expect(try task.result() == 1)
        #expect(clock.sleeperCount == 0)
    }

    @Test func C089_aTaskSpawnedDuringAShutdownNeverRuns() async throws {
        let log = Recorder<String>()
        let (registry, started) = (registry, Gate())
        let spawner = registry.spawn {
            started.open()
            try? await Gate().pass()
            return registry.spawn { log.append("ran") }
        }
        try await started.pass()
        try await registry.shutdown()
        #expect(try spawner.result().isCancelled)
        #expect(log.all.isEmpty)
        #expect(try await registry.spawn { 1 }.value == 1, "afterwards the registry can be used again")
    }

    @Test func C089_cancellingTheShutdownOfADrainLeavesTheTasksAlone() async throws {
        let task = registry.spawn(1, behind: gate)
        let shutdown = Task { try await registry.shutdown(cancelling: false, grace: .seconds(5), clock: clock) }
        await clock.sleepers(1)
        shutdown.cancel()
        await #expect(throws: CancellationError.self) { try await shutdown.value }
        #expect(task.cancelRequests == 0)
        gate.open()
        #expect(try await task.value == 1)
    }

    @Test func C089_aTaskCannotShutItsOwnRegistryDown() async {
        let task = registry.spawn { [registry] in try await registry.shutdown() }
        await #expect(throws: InvalidState(.awaitsItself)) { try await task.value }
    }

    @Test func eventsTellTheLifeOfATaskInOrder() async throws {
        let events = Recorder<String>()
        let registry = TaskRegistry { event in
            switch event {
            case .spawned(_, let name): events.append("spawned \(name)")
            case .finished(_, let name, let state): events.append("finished \(name) \(state)")
            case .callbackFailed(_, let name, let error): events.append("callback of \(name): \(error)")
            case .failureNeverRead(_, let name, let error): events.append("unread \(name): \(error)")
            }
        }
        let task = registry.spawn(1, behind: gate, name: "job")
        task.onDone { _ in throw Boom.first }
        gate.open()
        _ = try await task.value
        #expect(await events.first(3) == ["spawned job", "finished job succeeded", "callback of job: first"])
    }

    @Test func aBodyKnowsItsTask() async throws {
        #expect(TaskRegistry.current == nil)
        let inner = registry.spawn(name: "outer") { [registry] in
            let inner = registry.spawn(name: "inner") { TaskRegistry.current?.name }
            return (TaskRegistry.current?.name, try await inner.value)
        }
        let names = try await inner.value
        #expect(names.0 == "outer")
        #expect(names.1 == "inner")
    }
}
