// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct WaitForTests {
    let registry = TaskRegistry()
    let gate = Gate()
    let clock = ManualClock()
    let second = Duration.seconds(1)

    @Test func C055_anEndInTimeGivesTheValue() async throws {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        gate.open()
        #expect(try await waiter.value == 1)
        #expect(clock.sleeperCount == 0)
        #expect(try await waitFor(registry.spawn { 2 }, timeout: nil) == 2)
        await #expect(throws: Boom.first) { try await waitFor(registry.spawn(failing: .first), timeout: second) }
    }

    @Test func C055_anyTimeoutIsBearable() async throws {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await waitFor(task, timeout: .seconds(Int64.max)) }
        let lingering = Task { try await wait([task], timeout: .seconds(100 * 365 * 86_400)) }
        await until { task.observerCount == 2 }
        gate.open()
        #expect(try await waiter.value == 1)
        #expect(try await lingering.value.done == [task])
    }

    @Test func C056_expiryCancelsTheTaskAndWaitsForItsEnd() async {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        clock.advance(by: second)
        await #expect(throws: TimedOut(after: second)) { try await waiter.value }
        #expect(task.isCancelled)
        #expect(task.cancelRequests == 1)
        #expect(task.observerCount == 0)
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func C057_aTaskThatIsDoneNeedsNoTime(timeout: Duration) async throws {
        let task = registry.spawn { 1 }
        _ = try await task.value
        #expect(try await waitFor(task, timeout: timeout) == 1)
    }

    @MainActor @Test(arguments: [Duration.zero, .seconds(-1)])
    func C058_withNoTimeABodyNeverRuns(timeout: Duration) async {
        let runs = Recorder<Void>()
        await #expect(throws: TimedOut(after: timeout)) { try await waitFor(timeout: timeout) { runs.append(()) } }
        #expect(runs.count == 0)
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func C059_withNoTimeARunningTaskIsCancelledAtOnce(timeout: Duration) async throws {
        let started = Gate()
        let task = registry.spawn {
            started.open()
            try await Gate().pass()
        }
        try await started.pass()
        await #expect(throws: TimedOut(after: timeout)) { try await waitFor(task, timeout: timeout, clock: clock) }
        #expect(task.isCancelled)
    }

    @Test func C060_theWaitLastsAsLongAsTheCleanup() async throws {
        let started = Gate()
        let task = registry.spawn(stayingBehind: gate, started: started)
        try await started.pass()
        let returned = Gate()
        let waiter = Task {
            defer { returned.open() }
            return try await waitFor(task, timeout: second, clock: clock)
        }
        await clock.sleepers(1)
        clock.advance(by: second)
        await until { task.cancelRequests == 1 }
        #expect(!returned.isOpen)
        #expect(task.observerCount == 1, "the wait goes on")
        gate.open()
        await #expect(throws: TimedOut(after: second)) { try await waiter.value }
    }

    @Test func C061_anErrorOfTheCleanupWinsOverTheTimeout() async throws {
        let task = try await expired { throw Boom.cleanup }
        await #expect(throws: Boom.cleanup) { try await task.value }
    }

    @Test(arguments: [true, false])
    func C061_aGatherOutOfTimeEndsAsItsFirstCleanup(failureIsFirst: Bool) async throws {
        let gates = [Gate(), Gate()]
        let starts = [Gate(), Gate()]
        let tasks: [TaskHandle<Int>] = [
            registry.spawn(cleaningUpBehind: gates[0], started: starts[0]) { throw Boom.cleanup },
            registry.spawn(stayingBehind: gates[1], started: starts[1]),
        ]
        for started in starts { try await started.pass() }
        let waiter = Task { try await waitFor(timeout: second, clock: clock) { try await gather(tasks) } }
        await clock.sleepers(1)
        await until { tasks.allSatisfy { $0.observerCount == 1 } }
        clock.advance(by: second)
        await until { tasks.allSatisfy { $0.cancelRequests == 1 } }
        for index in failureIsFirst ? [0, 1] : [1, 0] {
            gates[index].open()
            _ = await tasks[index].join()
        }
        let expected: any Error = failureIsFirst ? Boom.cleanup : TimedOut(after: second)
        let error = await #expect(throws: (any Error).self) { try await waiter.value }
        #expect("\(error as Any)" == "\(expected as Optional)")
    }

    @Test func C062_aValueInSpiteOfTheCancellationWinsOverTheTimeout() async throws {
        #expect(try await expired { 7 }.value == 7)
    }

    @Test func C063_cancellingTheCallerCancelsTheTask() async {
        let task = registry.spawn(1, behind: gate)
        let waiter = registry.spawn { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        #expect(waiter.cancel(reason: "enough"))
        #expect(await waiter.join().state == .cancelled)
        #expect(task.isCancelled)
        #expect(task.cancelReason == "enough")
        #expect(clock.sleeperCount == 0)
    }

    @Test func C064_aCancelledCallerWaitsAndGetsTheValueInSpiteOfIt() async throws {
        let started = Gate()
        let task = registry.spawn(cleaningUpBehind: gate, started: started) { 7 }
        try await started.pass()
        let waiter = Task {
            let value = try await waitFor(task, timeout: second, clock: clock)
            return (value, Task.isCancelled)
        }
        await clock.sleepers(1)
        waiter.cancel()
        await until { task.cancelRequests == 1 }
        gate.open()
        let (value, isCancelled) = try await waiter.value
        #expect(value == 7)
        #expect(isCancelled)
    }

    @Test func C064_aCancelledCallerIsNotToldOfATimeout() async throws {
        let started = Gate()
        let task = registry.spawn(stayingBehind: gate, started: started)
        try await started.pass()
        let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        clock.advance(by: second)
        await until { task.cancelRequests == 1 }
        waiter.cancel()
        gate.open()
        await #expect(throws: TaskCancelled.self) { try await waiter.value }
    }

    @Test func C065_aTaskCancelledDirectlyHasNotTimedOut() async {
        let task = registry.spawn(1, behind: gate)
        let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        task.cancel(reason: "directly")
        await #expect(throws: TaskCancelled(reason: "directly")) { try await waiter.value }
    }

    @Test func C065_aValueThatComesAsTheTimerFiresWins() async throws {
        for _ in 1...200 {
            let (gate, clock) = (Gate(), ManualClock())
            let task = registry.spawn(1, behind: gate)
            let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
            await clock.sleepers(1)
            async let opened: Void = gate.open()
            clock.advance(by: second)
            await opened
            let result = await waiter.result
            switch await task.join() {
            case .success(let value): #expect(try result.get() == value)
            case .cancelled: #expect(throws: TimedOut(after: second)) { try result.get() }
            case .failure(let error): throw error
            }
        }
    }

    @Test func C066_theInnerDeadlineComesFirst() async throws {
        let innerHasExpired = Gate()
        let outer = Task { [clock, gate] in
            try await waitFor(timeout: .seconds(5), clock: clock) {
                await #expect(throws: TimedOut(after: .seconds(1))) {
                    try await waitFor(timeout: .seconds(1), clock: clock) { try await gate.pass() }
                }
                innerHasExpired.open()
                try await gate.pass()
            }
        }
        await clock.sleepers(2)
        clock.advance(by: .seconds(1))
        try await innerHasExpired.pass()
        clock.advance(by: .seconds(4))
        await #expect(throws: TimedOut(after: .seconds(5))) { try await outer.value }
    }

    /// As in CPython, only the outer one tells of a timeout; the inner one is cancelled.
    @Test(arguments: [Duration.seconds(1), .milliseconds(500)])
    func C066_theOuterDeadlineComesWhileTheInnerCleansUp(inner: Duration) async throws {
        let started = Gate()
        let task = registry.spawn(stayingBehind: gate, started: started)
        try await started.pass()
        let heard = Recorder<any Error>()
        let outer = Task { [second, clock] in
            try await waitFor(timeout: second, clock: clock) {
                do { _ = try await waitFor(task, timeout: inner, clock: clock) } catch {
                    heard.append(error)
                    throw error
                }
            }
        }
        await clock.sleepers(2)
        clock.advance(by: inner)
        await until { task.cancelRequests >= 1 }
        clock.advance(by: second - inner)
        await until { task.cancelRequests == 2 }
        gate.open()
        await #expect(throws: TimedOut(after: second)) { try await outer.value }
        #expect(heard.count == 1)
        #expect(heard.all.allSatisfy(TaskCancelled.isCancellation))
    }

    @Test func C066_aDeadlineAroundAScopeCancelsItsMembers() async throws {
        let members = Recorder<TaskHandle<Void>>()
        let waiter = Task { [registry, clock, gate] in
            try await waitFor(timeout: .seconds(1), clock: clock) {
                try await withTaskScope(registry: registry) { scope in
                    for _ in 1...3 { members.append(try scope.spawn { try await gate.pass() }) }
                }
            }
        }
        await clock.sleepers(1)
        await members.first(3)
        clock.advance(by: second)
        await #expect(throws: TimedOut(after: second)) { try await waiter.value }
        #expect(members.all.map(\.isCancelled) == [true, true, true])
    }

    /// A wait whose time has passed, on a task that then ends as `ending` says.
    private func expired(ending: @escaping @Sendable () throws -> Int) async throws -> Task<Int, any Error> {
        let started = Gate()
        let task = registry.spawn(cleaningUpBehind: gate, started: started, ending: ending)
        try await started.pass()
        let waiter = Task { try await waitFor(task, timeout: second, clock: clock) }
        await clock.sleepers(1)
        clock.advance(by: second)
        await until { task.cancelRequests == 1 }
        gate.open()
        return waiter
    }
}
