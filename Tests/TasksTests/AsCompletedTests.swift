// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct AsCompletedTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let clock = ManualClock()

    @Test func C049_tasksComeInTheOrderTheyComplete() async throws {
        let gates = [Gate(), Gate(), Gate()]
        let tasks = gates.enumerated().map { index, gate in registry.spawn(index, behind: gate) }
        gates[1].open()
        _ = try await tasks[1].value
        var order: [Int] = []
        for try await task in asCompleted(tasks) {
            let value = try await task.value
            order.append(value)
            if value == 1 { gates[2].open() }
            if value == 2 { gates[0].open() }
        }
        #expect(order == [1, 2, 0], "those that are done come first")
    }

    @Test func C050_theStreamGivesTheSameHandles() async throws {
        let tasks = [registry.spawn { 1 }, registry.spawn { 2 }]
        var seen: Set<TaskHandle<Int>> = []
        for try await task in asCompleted(tasks) {
            #expect(tasks.contains { $0 === task })
            seen.insert(task)
        }
        #expect(seen == Set(tasks))
    }

    @Test func C051_aFailureDoesNotEndTheStream() async throws {
        let failing = registry.spawn(failing: .first)
        _ = await failing.join()
        var states: [RunState] = []
        for try await task in asCompleted([failing, registry.spawn(2, behind: gate)]) {
            states.append(task.state)
            if task == failing {
                await #expect(throws: Boom.first) { try await task.value }
                gate.open()
            }
        }
        #expect(states == [.failed, .succeeded])
    }

    @Test func C052_afterTheTimeComesWhatIsDoneThenOneError() async throws {
        let done = [registry.spawn { 1 }, registry.spawn { 2 }]
        let slow = registry.spawn(3, behind: gate)
        for task in done { _ = try await task.value }
        let stream = asCompleted(done + [slow], timeout: .seconds(1), clock: clock)
        clock.advance(by: .seconds(5))
        let iterator = stream.makeAsyncIterator()
        #expect(try await iterator.next() == done[0])
        #expect(try await iterator.next() == done[1])
        await #expect(throws: TimedOut(after: .seconds(1))) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
        #expect(slow.cancelRequests == 0)
        #expect(slow.observerCount == 0)
        gate.open()
        #expect(try await slow.value == 3)
    }

    @Test func C052_whatCompletesAfterTheTimeIsNotGiven() async throws {
        let gates = [Gate(), Gate(), Gate()]
        let tasks = gates.enumerated().map { index, gate in registry.spawn(index, behind: gate) }
        let iterator = asCompleted(tasks, timeout: .seconds(2), clock: clock).makeAsyncIterator()
        gates[0].open()
        #expect(try await iterator.next() == tasks[0])
        clock.advance(by: .seconds(1))
        try await complete(tasks[1], behind: gates[1])
        clock.advance(by: .seconds(1))
        try await complete(tasks[2], behind: gates[2])
        #expect(try await iterator.next() == tasks[1], "what came in time waits for its reader")
        await #expect(throws: TimedOut(after: .seconds(2))) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
    }

    @Test func C052_aReaderThatComesAfterTheTimeGetsAllThatCameInTime() async throws {
        let gates = [Gate(), Gate()]
        let tasks = gates.map { gate in registry.spawn(1, behind: gate) }
        let iterator = asCompleted(tasks, timeout: .seconds(1), clock: clock).makeAsyncIterator()
        for (task, gate) in zip(tasks, gates) { try await complete(task, behind: gate) }
        clock.advance(by: .seconds(5))
        for task in tasks { #expect(try await iterator.next() == task) }
        #expect(try await iterator.next() == nil, "nothing was missing")
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func C052_withNoTimeOnlyWhatIsDoneIsGiven(timeout: Duration) async throws {
        let done = registry.spawn { 1 }
        _ = await done.join()
        let slow = registry.spawn(2, behind: gate)
        let iterator = asCompleted([slow, done], timeout: timeout, clock: clock).makeAsyncIterator()
        try await complete(slow, behind: gate)
        #expect(try await iterator.next() == done)
        await #expect(throws: TimedOut(after: timeout)) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
    }

    @Test func C052_theTimeIsOneBudgetForTheWholeStream() async throws {
        let first = registry.spawn(1, behind: gate)
        let slow = registry.spawn(2, behind: Gate())
        let iterator = asCompleted([first, slow], timeout: .seconds(2), clock: clock).makeAsyncIterator()
        let reader = Task { (try await iterator.next(), try await iterator.next()) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        gate.open()
        await until { slow.observerCount == 1 && clock.sleeperCount == 1 && first.isDone }
        clock.advance(by: .seconds(1))
        await #expect(throws: TimedOut(after: .seconds(2))) { try await reader.value }
        #expect(clock.sleeperCount == 0)
        slow.cancel()
    }

    @Test func C053_leavingTheLoopLeavesTheRestRunning() async throws {
        let slow = registry.spawn(2, behind: gate)
        for try await task in asCompleted([slow, registry.spawn { 1 }]) {
            #expect(task != slow)
            break
        }
        await until { slow.observerCount == 0 }
        #expect(slow.cancelRequests == 0)
        gate.open()
        #expect(try await slow.value == 2)
    }

    @Test func C053_cancellingTheReaderLeavesTheTasksAlone() async throws {
        let slow = registry.spawn(1, behind: gate)
        let reader = Task {
            for try await _ in asCompleted([slow]) {}
        }
        await until { slow.observerCount == 1 }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
        #expect(slow.cancelRequests == 0)
        gate.open()
        #expect(try await slow.value == 1)
    }

    @Test func C054_aDuplicateIsGivenOnceAndNoTasksMakeAnEmptyStream() async throws {
        let task = registry.spawn { 1 }
        var count = 0
        for try await _ in asCompleted([task, task, task]) { count += 1 }
        #expect(count == 1)
        for try await _ in asCompleted([TaskHandle<Int>]()) { Issue.record("an empty stream gave a task") }
    }

    /// Lets a task end, and waits until those who watch it already know.
    private func complete(_ task: TaskHandle<Int>, behind gate: Gate) async throws {
        let isTold = Gate()
        _ = task.attach { _ in isTold.open() }
        gate.open()
        try await isTold.pass()
    }
}
