import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(5))) struct LeakTests {
    let registry = TaskRegistry()
    let gate = Gate()

    @Test func tenThousandWaitsThatTimedOutLeaveNothing() async throws {
        let clock = ManualClock()
        let task = registry.spawn(1, behind: gate)
        let waits = (1...10_000).map { _ in
            Task { try await wait([task], timeout: .seconds(1), clock: clock) }
        }
        await clock.sleepers(10_000)
        #expect(task.observerCount == 10_000)
        clock.advance(by: .seconds(1))
        for waiting in waits { #expect(try await waiting.value.pending == [task]) }
        #expect(task.observerCount == 0)
        #expect(clock.sleeperCount == 0)
        gate.open()
        #expect(try await task.value == 1)
    }

    @Test func tenThousandCancelledShieldsLeaveNothing() async {
        let task = registry.spawn(1, behind: gate)
        let shields = (1...10_000).map { _ in Task { try await task.shieldedValue } }
        await until { task.observerCount == 10_000 }
        for shield in shields { shield.cancel() }
        for shield in shields {
            guard case .failure(let error) = await shield.result, error is CancellationError else {
                Issue.record("a cancelled shield gave a value")
                continue
            }
        }
        #expect(task.observerCount == 0)
        gate.open()
    }

    @Test func afterAGatherFailedItsSiblingsHaveNoObservers() async {
        let slow = registry.spawn(1, behind: gate)
        for _ in 1...1000 {
            let gathered = Task { try await gather([slow, registry.spawn(failing: .first)]) }
            guard case .failure(Boom.first) = await gathered.result else {
                Issue.record("a gather with a failing task gave values")
                continue
            }
        }
        #expect(slow.observerCount == 0)
        gate.open()
    }

    @Test func abandonedStreamsLeaveNothing() async throws {
        let slow = registry.spawn(1, behind: gate)
        let quick = registry.spawn { 2 }
        for _ in 1...1000 {
            for try await _ in asCompleted([slow, quick], timeout: .seconds(1), clock: ManualClock()) { break }
        }
        #expect(slow.observerCount == 0)
        gate.open()
    }

    @Test func aFinishedTaskIsDropped() async throws {
        weak var dropped: TaskHandle<Int>?
        do {
            let task = registry.spawn { 1 }
            dropped = task
            let done = Gate()
            task.onDone { _ in done.open() }
            _ = try await task.value
            try await done.pass()
            try await registry.shutdown(cancelling: false)
        }
        await until { dropped == nil }
        #expect(registry.heldCount == 0)
    }

    @Test func aRegistryGoesWithItsLastTask() async throws {
        weak var dropped: TaskRegistry?
        do {
            let registry = TaskRegistry()
            dropped = registry
            _ = registry.spawn(1, behind: gate)
        }
        #expect(dropped != nil, "an unfinished task holds its registry")
        gate.open()
        await until { dropped == nil }
    }
}
