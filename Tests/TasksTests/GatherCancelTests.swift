// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct GatherCancelTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func C036_cancellingTheCallerCancelsEveryUnfinishedTask() async throws {
        let done = registry.spawn { 0 }
        _ = try await done.value
        let tasks = [done, registry.spawn(1, behind: gate), registry.spawn(2, behind: gate)]
        let caller = registry.spawn { try await gather(tasks) }
        await until { tasks[2].observerCount == 1 }
        #expect(caller.cancel(reason: "enough"))
        #expect(await caller.join().state == .cancelled)
        #expect(tasks.map(\.state) == [.succeeded, .cancelled, .cancelled])
        #expect(tasks[2].cancelReason == "enough")
    }

    @Test func C036_aCancelledGatherWaitsForAllOfItsTasks() async throws {
        let started = Gate()
        let quick = registry.spawn(1, behind: Gate())
        let slow = registry.spawn(stayingBehind: gate, started: started)
        try await started.pass()
        let caller = Task { try await gather([quick, slow]) }
        await until { slow.observerCount == 1 }
        caller.cancel()
        _ = await quick.join()
        #expect(slow.observerCount == 1, "the gather still waits")
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(slow.isCancelled)
    }

    @Test(arguments: [
        ([RunState.failed, .cancelled], Boom.cleanup), ([.succeeded, .failed], .cleanup), ([.cancelled, .failed], nil),
    ])
    func C036_theFirstCleanupThatGivesNoValueDecides(_ endings: [RunState], _ expected: Boom?) async throws {
        let (tasks, end) = try await cleanups(ending: endings)
        let caller = Task { try await gather(tasks) }
        await until { tasks[1].observerCount == 1 }
        caller.cancel()
        await end()
        guard case .failure(let error) = await caller.result else {
            Issue.record("a cancelled gather gave values")
            return
        }
        #expect(error as? Boom == expected)
        #expect(TaskCancelled.isCancellation(error) == (expected == nil))
    }

    @Test func C036_aCleanupThatFailsDoesNotEndTheWaitForTheOthers() async throws {
        let starts = [Gate(), Gate()]
        let failing: TaskHandle<Int> = registry.spawn(failingWhenCancelled: .cleanup, started: starts[0])
        let slow = registry.spawn(stayingBehind: gate, started: starts[1])
        for started in starts { try await started.pass() }
        let caller = Task { try await gather([slow, failing]) }
        await until { slow.observerCount == 1 && failing.observerCount == 1 }
        caller.cancel()
        _ = await failing.join()
        #expect(slow.observerCount == 1, "the gather still waits")
        gate.open()
        await #expect(throws: Boom.cleanup) { try await caller.value }
        #expect(slow.isCancelled)
    }

    @Test func C036_aCallerCancelledBeforehandCancelsTheTasks() async {
        let tasks = [registry.spawn(1, behind: Gate()), registry.spawn(2, behind: Gate())]
        let caller = Task { [gate] in
            await gate.passRegardless()
            return try await gather(tasks)
        }
        caller.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(tasks.map(\.isCancelled) == [true, true])
    }

    @Test func C037_cancellingTheCallerOfOutcomesThrowsAfterAllHaveEnded() async throws {
        let started = Gate()
        let slow = registry.spawn(cleaningUpBehind: gate, started: started) { 1 }
        try await started.pass()
        let caller = Task { try await gatherOutcomes([slow, registry.spawn(2, behind: Gate())]) }
        await until { slow.observerCount == 1 }
        caller.cancel()
        #expect(!slow.isDone)
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(slow.state == .succeeded)
    }

    @Test(arguments: [[RunState.failed, .cancelled], [.cancelled, .failed], [.failed, .failed]])
    func C037_aCleanupThatFailsIsNoErrorOfTheOutcomes(_ endings: [RunState]) async throws {
        let (tasks, end) = try await cleanups(ending: endings)
        let caller = Task { try await gatherOutcomes(tasks) }
        await until { tasks[1].observerCount == 1 }
        caller.cancel()
        await end()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(tasks.map(\.state) == endings)
    }

    @Test func C038_cancellingTheCallerThrowsEvenIfEveryTaskSwallowsIt() async throws {
        let starts = [Gate(), Gate()]
        let tasks = starts.map { registry.spawn(cleaningUpBehind: gate, started: $0) { 1 } }
        for started in starts { try await started.pass() }
        let caller = Task { try await gather(tasks) }
        await until { tasks[1].observerCount == 1 }
        caller.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(tasks.map(\.state) == [.succeeded, .succeeded])
    }

    @Test func C041_aCancellationAfterTheEndOfTheGatherTouchesNothing() async throws {
        let sibling = registry.spawn(2, behind: gate)
        let gathered = Gate()
        let resume = Gate()
        let caller = registry.spawn {
            await #expect(throws: Boom.first) { try await gather([sibling, registry.spawn(failing: .first)]) }
            gathered.open()
            await resume.passRegardless()
        }
        try await gathered.pass()
        caller.cancel()
        resume.open()
        _ = await caller.join()
        #expect(sibling.cancelRequests == 0)
        gate.open()
        #expect(try await sibling.value == 2)
    }

    @Test func C041_aGatherOfFinishedTasksIgnoresTheCancellation() async throws {
        let tasks = [registry.spawn { 1 }, registry.spawn { 2 }]
        for task in tasks { _ = await task.join() }
        let caller = Task { [gate] in
            await gate.passRegardless()
            return try await gather(tasks)
        }
        caller.cancel()
        gate.open()
        #expect(try await caller.value == [1, 2])
        #expect(tasks.allSatisfy { $0.cancelRequests == 0 })
    }

    @Test func C041_aGatherThatHasFailedAlreadyIgnoresTheCancellation() async throws {
        let failed = registry.spawn(failing: .first)
        let sibling = registry.spawn(2, behind: gate)
        _ = await failed.join()
        let resume = Gate()
        let caller = Task {
            await resume.passRegardless()
            return try await gather([sibling, failed])
        }
        caller.cancel()
        resume.open()
        await #expect(throws: Boom.first) { try await caller.value }
        #expect(sibling.cancelRequests == 0)
        gate.open()
        #expect(try await sibling.value == 2)
    }

    /// Two running tasks that clean up when they are cancelled, and what lets them end in their order.
    private func cleanups(
        ending endings: [RunState]
    ) async throws -> (tasks: [TaskHandle<Int>], end: @Sendable () async -> Void) {
        let gates = endings.map { _ in Gate() }
        var tasks: [TaskHandle<Int>] = []
        for (gate, ending) in zip(gates, endings) {
            let started = Gate()
            let task = registry.spawn(cleaningUpBehind: gate, started: started) {
                switch ending {
                case .failed: throw Boom.cleanup
                case .cancelled: throw CancellationError()
                default: return 1
                }
            }
            try await started.pass()
            tasks.append(task)
        }
        return (
            tasks,
            { [tasks] in
                for (gate, task) in zip(gates, tasks) {
                    gate.open()
                    _ = await task.join()
                }
            }
        )
    }
}
