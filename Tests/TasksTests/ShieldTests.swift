// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct ShieldTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let clock = ManualClock()

    @Test func C067_cancellingTheAwaiterLeavesTheShieldedTaskAlone() async throws {
        let inner = registry.spawn(1, behind: gate)
        let outer = registry.spawn { try await inner.shieldedValue }
        await until { inner.observerCount == 1 }
        outer.cancel()
        #expect(await outer.join().state == .cancelled, "at once: the gate is still shut")
        #expect(inner.cancelRequests == 0)
        #expect(inner.observerCount == 0)
        gate.open()
        #expect(try await inner.value == 1)
    }

    @Test func C068_cancellingTheShieldedTaskReachesTheAwaiter() async {
        let inner = registry.spawn(1, behind: gate)
        let outer = registry.spawn { try await inner.shieldedValue }
        await until { inner.observerCount == 1 }
        inner.cancel(reason: "directly")
        await #expect(throws: TaskCancelled(reason: "directly")) { try await outer.value }
        #expect(outer.isCancelled)
    }

    @Test func C069_valueErrorAndFinishedTaskPassThrough() async throws {
        let waiting = registry.spawn(1, behind: gate)
        let reader = Task { try await waiting.shieldedValue }
        await until { waiting.observerCount == 1 }
        gate.open()
        #expect(try await reader.value == 1)
        #expect(try await waiting.shieldedValue == 1)
        await #expect(throws: Boom.first) { try await registry.spawn(failing: .first).shieldedValue }
    }

    @Test func C069_aFinishedTaskGivesItsValueToACancelledAwaiter() async throws {
        let inner = registry.spawn { 1 }
        _ = try await inner.value
        let reader = Task { [gate] in
            await gate.passRegardless()
            return try await inner.shieldedValue
        }
        reader.cancel()
        gate.open()
        #expect(try await reader.value == 1)
    }

    @Test func C070_gatherOfShieldsAndShieldOfGatherLeaveTheTasksAlone() async throws {
        let inner = [registry.spawn(1, behind: gate), registry.spawn(2, behind: gate)]
        let shields = inner.map { task in registry.spawn { try await task.shieldedValue } }
        let gathered = registry.spawn { try await gather(inner) }
        let outer = [
            registry.spawn { try await gather(shields) },
            registry.spawn { try await gathered.shieldedValue },
        ]
        await until { inner.allSatisfy { $0.observerCount == 2 } && gathered.observerCount == 1 }
        for task in outer {
            task.cancel()
            #expect(await task.join().state == .cancelled)
        }
        #expect(shields.map(\.isCancelled) == [true, true])
        #expect((inner.map(\.cancelRequests) + [gathered.cancelRequests]) == [0, 0, 0])
        gate.open()
        #expect(try await gathered.value == [1, 2])
    }

    @Test func C071_aDeadlineAroundAShieldLeavesTheTaskAlone() async throws {
        let inner = registry.spawn(1, behind: gate)
        let waiter = Task {
            try await waitFor(timeout: .seconds(1), clock: clock) { try await inner.shieldedValue }
        }
        await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        await #expect(throws: TimedOut(after: .seconds(1))) { try await waiter.value }
        await #expect(throws: TimedOut(after: .zero)) {
            try await waitFor(timeout: .zero) { try await inner.shieldedValue }
        }
        #expect(inner.cancelRequests == 0)
        gate.open()
        #expect(try await inner.value == 1)
    }

    @Test func C072_shutdownDrainsAShieldedTaskUpToTheGraceThenCancelsIt() async throws {
        let inner = registry.spawn(1, behind: gate)
        let outer = registry.spawn { try await inner.shieldedValue }
        let shutdown = Task { try await registry.shutdown(cancelling: false, grace: .seconds(5), clock: clock) }
        await clock.sleepers(1)
        #expect(inner.cancelRequests + outer.cancelRequests == 0)
        clock.advance(by: .seconds(5))
        try await shutdown.value
        #expect(inner.isCancelled)
        #expect(outer.isCancelled)
    }
}
