// swift-format-ignore-file: AlwaysUseLowerCamelCase
import Testing

@testable import Tasks

@Suite(.timeLimit(.minutes(1))) struct CancelTests {
    let registry = TaskRegistry()

    @Test func C013_aPendingTaskAcceptsACancellation() async {
        let task = registry.spawn(1, behind: Gate())
        #expect(task.cancel())
        let outcome = await task.join()
        #expect(outcome.state == .cancelled)
        #expect(task.isCancelled)
        #expect(task.cancelRequests == 1)
    }

    @MainActor @Test func C014_aTaskCancelledBeforeItStartsNeverRunsItsBody() async {
        let log = Recorder<String>()
        let task = registry.spawn { @MainActor in log.append("body") }
        #expect(task.cancel(reason: "early"))
        #expect(!task.isCancelled, "a request is not the end")
        await #expect(throws: TaskCancelled(reason: "early")) { try await task.value }
        #expect(log.all.isEmpty)
    }

    @Test func C015_everyRequestToAnUnfinishedTaskCounts() async throws {
        let (gate, started) = (Gate(), Gate())
        let ends = Recorder<RunState>()
        let task = registry.spawn(stayingBehind: gate, started: started)
        task.onDone { ends.append($0.state) }
        try await started.pass()
        #expect(task.cancel())
        #expect(task.cancel())
        #expect(task.cancelRequests == 2)
        #expect(!task.isCancelled)
        gate.open()
        _ = await task.join()
        #expect(task.isCancelled)
        #expect(!task.cancel())
        #expect(task.cancelRequests == 2)
        // Which waits for the callbacks: none can come afterwards.
        try await registry.shutdown()
        #expect(ends.all == [.cancelled])
    }

    @Test func C016_aFinishedTaskRefusesACancellation() async {
        let succeeded = registry.spawn { 1 }
        let failed = registry.spawn(failing: .first)
        let cancelled = registry.spawn(1, behind: Gate())
        cancelled.cancel(reason: "first")
        for task in [succeeded, failed, cancelled] { _ = await task.join() }
        for task in [succeeded, failed, cancelled] {
            let before = (task.state, task.cancelRequests, task.cancelReason)
            #expect(!task.cancel(reason: "late"))
            #expect((task.state, task.cancelRequests, task.cancelReason) == before)
        }
        #expect([succeeded, failed, cancelled].map(\.state) == [.succeeded, .failed, .cancelled])
    }

    @Test func C017_aTaskThatSwallowsTheCancellationSucceeds() async throws {
        let (gate, started) = (Gate(), Gate())
        let task = registry.spawn(cleaningUpBehind: gate, started: started) { 17 }
        try await started.pass()
        #expect(task.cancel())
        gate.open()
        #expect(try await task.value == 17)
        #expect(!task.isCancelled)
        #expect(try task.error() == nil)
        #expect(task.cancelRequests == 1)
    }

    @Test func C018_aTaskWhoseCleanupFailsHasFailed() async throws {
        let (gate, started) = (Gate(), Gate())
        let task: TaskHandle<Int> = registry.spawn(cleaningUpBehind: gate, started: started) { throw Boom.cleanup }
        try await started.pass()
        task.cancel()
        gate.open()
        await #expect(throws: Boom.cleanup) { try await task.value }
        #expect(task.state == .failed)
    }

    @Test func C019_aCancellationThrownUnasked() async {
        let standard = registry.spawn { throw CancellationError() }
        let ours = registry.spawn { throw TaskCancelled(reason: "own") }
        #expect(await standard.join().state == .cancelled)
        #expect(standard.cancelRequests == 0)
        #expect(standard.isCancelled)
        await #expect(throws: TaskCancelled(reason: "own")) { try await ours.value }
    }

    @Test func C020_theFirstReasonIsKeptAndShown() async throws {
        let (gate, started) = (Gate(), Gate())
        let task = registry.spawn(stayingBehind: gate, started: started)
        try await started.pass()
        task.cancel()
        task.cancel(reason: "first")
        task.cancel(reason: "second")
        gate.open()
        await #expect(throws: TaskCancelled(reason: "first")) { try await task.value }
        #expect(throws: TaskCancelled(reason: "first")) { try task.result() }
        #expect(task.cancelReason == "first")
    }

    @Test func C021_aTaskThatCancelsItselfAndReturnsHasSucceeded() async throws {
        let task = registry.spawn {
            TaskRegistry.current?.cancel(reason: "myself")
            return (TaskRegistry.current?.cancelRequests, Task.isCancelled)
        }
        let (requests, isCancelled) = try await task.value
        #expect(requests == 1)
        #expect(isCancelled)
        #expect(task.state == .succeeded)
    }

    @Test func C022_cancellingTheAwaiterCancelsTheAwaited() async {
        let inner = registry.spawn(1, behind: Gate())
        let outer = registry.spawn { try await inner.value }
        await until { inner.observerCount == 1 }
        #expect(outer.cancel(reason: "from above"))
        #expect(await outer.join().state == .cancelled)
        #expect(inner.isCancelled)
        #expect(inner.cancelReason == "from above", "the reason travels down")
    }

    @Test func C022_anAwaiterEndsAsTheAwaitedEnds() async throws {
        let (gate, started) = (Gate(), Gate())
        let inner = registry.spawn(cleaningUpBehind: gate, started: started) { 22 }
        let outer = registry.spawn { try await inner.value }
        try await started.pass()
        await until { inner.observerCount == 1 }
        outer.cancel()
        #expect(!outer.isDone)
        gate.open()
        #expect(try await outer.value == 22)
    }

    @Test(arguments: Registration.allCases)
    func C022_anAwaiterCancelledBeforeItKnowsOfTheEndIsCancelled(_ registration: Registration) async {
        let gate = Gate()
        let inner = registry.spawn(1, behind: gate)
        let resume = Gate()
        let outer = registry.spawn {
            await resume.passRegardless()
            try await registration.wait(for: inner)
        }
        // Told before the awaiter, who can no longer hand the cancellation on.
        _ = inner.attach { _ in outer.cancel() }
        resume.open()
        await until { inner.observerCount == 2 }
        gate.open()
        #expect(await outer.join().state == .cancelled)
        #expect(inner.state == .succeeded)
        #expect(inner.cancelRequests == 0)
    }

    @Test func C023_cancellingTheAwaitedReachesTheAwaiter() async {
        let inner = registry.spawn(1, behind: Gate())
        let outer = registry.spawn { try await inner.value }
        await until { inner.observerCount == 1 }
        inner.cancel(reason: "directly")
        #expect(await outer.join().state == .cancelled)
        #expect(outer.cancelRequests == 0)
        #expect(throws: TaskCancelled(reason: "directly")) { try outer.result() }
    }

    @Test func C024_anUncooperativeTaskHoldsNobodyUp() async throws {
        let (gate, started) = (Gate(), Gate())
        let clock = ManualClock()
        let task = registry.spawn {
            started.open()
            await gate.passRegardless()
        }
        try await started.pass()
        #expect(task.cancel())
        #expect(task.state == .running)
        #expect(!task.isCancelled)
        let shutdown = Task { try await registry.shutdown(grace: .seconds(5), clock: clock) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(5))
        await #expect(throws: TimedOut(after: .seconds(5))) { try await shutdown.value }
        #expect(task.state == .running)
        gate.open()
        try await task.value
    }
}
