// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct WaitTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let clock = ManualClock()

    @Test func C042_waitingForNothingIsAnError() async {
        await #expect(throws: InvalidState(.emptySet)) { try await wait([TaskHandle<Int>]()) }
        await #expect(throws: InvalidState(.emptySet)) { try await wait([any AnyTask]()) }
        #expect(ReturnWhen(rawValue: "whenever") == nil)
    }

    @Test func C043_allCompletedWaitsForAll() async throws {
        let gates = [Gate(), Gate()]
        let tasks = gates.enumerated().map { index, gate in registry.spawn(index, behind: gate) }
        let waiter = Task { try await wait(tasks) }
        await until { tasks[1].observerCount == 1 }
        gates[1].open()
        _ = try await tasks[1].value
        #expect(tasks[0].observerCount == 1, "the wait goes on")
        gates[0].open()
        let (done, pending) = try await waiter.value
        #expect(done == tasks)
        #expect(pending.isEmpty)
    }

    @Test func C043_firstCompletedWaitsForOne() async throws {
        let slow = registry.spawn(1, behind: gate)
        let quick = registry.spawn(2, behind: Gate())
        let waiter = Task { try await wait([slow, quick], until: .firstCompleted) }
        await until { quick.observerCount == 1 }
        quick.cancel()
        let (done, pending) = try await waiter.value
        #expect(done == [quick])
        #expect(pending == [slow])
        #expect(slow.observerCount == 0)
        gate.open()
    }

    @Test func C043_firstExceptionWaitsForOneFailure() async throws {
        let slow = registry.spawn(1, behind: gate)
        let fine = registry.spawn { 2 }
        _ = try await fine.value
        let fail = Gate()
        let failing = registry.spawn { () async throws -> Int in
            try await fail.pass()
            throw Boom.first
        }
        let waiter = Task { try await wait([slow, fine, failing], until: .firstException) }
        await until { failing.observerCount == 1 }
        fail.open()
        let (done, pending) = try await waiter.value
        #expect(done == [fine, failing])
        #expect(pending == [slow])
        gate.open()
    }

    @Test func C043_firstExceptionWithoutFailureWaitsForAll() async throws {
        let tasks = [registry.spawn { 1 }, registry.spawn(2, behind: gate)]
        let waiter = Task { try await wait(tasks, until: .firstException) }
        await until { tasks[1].observerCount == 1 }
        gate.open()
        #expect(try await waiter.value.done == tasks)
    }

    @Test func C044_aCancelledTaskIsNoException() async throws {
        let cancelled = registry.spawn(1, behind: Gate())
        let slow = registry.spawn(2, behind: gate)
        let waiter = Task { try await wait([cancelled, slow], until: .firstException) }
        await until { slow.observerCount == 1 }
        cancelled.cancel()
        _ = await cancelled.join()
        #expect(slow.observerCount == 1, "the wait goes on")
        gate.open()
        let (done, pending) = try await waiter.value
        #expect(done == [cancelled, slow])
        #expect(pending.isEmpty)
    }

    @Test func C045_aTimeoutTellsWhatIsDoneAndCancelsNothing() async throws {
        let slow = registry.spawn(1, behind: gate)
        let quick = registry.spawn(failing: .first)
        _ = await quick.join()
        let waiter = Task { try await wait([slow, quick], timeout: .seconds(1), clock: clock) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        let (done, pending) = try await waiter.value
        #expect(done == [quick])
        #expect(pending == [slow])
        #expect(slow.cancelRequests == 0)
        #expect(slow.observerCount == 0)
        gate.open()
        #expect(try await slow.value == 1)
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func C045_noTimeAtAllTellsThePresentState(timeout: Duration) async throws {
        let slow = registry.spawn(1, behind: gate)
        let (done, pending) = try await wait([slow], timeout: timeout, clock: clock)
        #expect(done.isEmpty)
        #expect(pending == [slow])
        #expect(slow.cancelRequests == 0)
        gate.open()
        _ = try await slow.value
        #expect(try await wait([slow], timeout: timeout, clock: clock).done == [slow])
    }

    @Test func C045_anEndInTimeStopsTheTimer() async throws {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await wait([task], timeout: .seconds(1), clock: clock) }
        await clock.sleepers(1)
        gate.open()
        #expect(try await waiter.value.done == [task])
        #expect(clock.sleeperCount == 0)
    }

    @Test func C046_cancellingTheWaiterLeavesTheTasksAlone() async throws {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await wait([task]) }
        await until { task.observerCount == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(task.cancelRequests == 0)
        #expect(task.observerCount == 0)
        gate.open()
        #expect(try await task.value == 1)
    }

    @Test func C047_duplicatesCollapseAndTheOrderIsThatOfTheArguments() async throws {
        let first = registry.spawn { 1 }
        let second = registry.spawn { 2 }
        let slow = registry.spawn(3, behind: gate)
        _ = await (first.join(), second.join())
        let (done, pending) = try await wait([second, slow, first, second, slow], until: .firstCompleted)
        #expect(done == [second, first], "everything that is done is told, not only the first")
        #expect(pending == [slow])
        gate.open()
    }

    @Test func C047_tasksOfDifferentTypesAreWaitedForTogether() async throws {
        let number = registry.spawn { 1 }
        let text = registry.spawn("two", behind: gate)
        let tasks: [any AnyTask] = [number, text, number]
        let (done, pending) = try await wait(tasks, until: .firstCompleted)
        #expect(done.map(\.id) == [number.id])
        #expect(pending.map(\.id) == [text.id])
        gate.open()
        #expect(try await wait(tasks).done.map(\.id) == [number.id, text.id])
    }

    @Test(arguments: ReturnWhen.allCases)
    func C048_tasksThatAreDoneNeedNoWait(until mode: ReturnWhen) async throws {
        let tasks = [registry.spawn(failing: .first), registry.spawn { 2 }]
        for task in tasks { _ = await task.join() }
        #expect(try await wait(tasks, until: mode).done == tasks)
        if mode != .allCompleted {
            let slow = registry.spawn(3, behind: gate)
            #expect(try await wait(tasks + [slow], until: mode).pending == [slow])
            gate.open()
        }
    }

    @Test func aTaskMayWaitForItselfWithATimeout() async throws {
        let own = Recorder<TaskHandle<Bool>>()
        let task = registry.spawn { () async throws -> Bool in
            let task = await own.first(1)[0]
            return try await wait([task], timeout: .zero).pending == [task]
        }
        own.append(task)
        #expect(try await task.value)
    }
}
