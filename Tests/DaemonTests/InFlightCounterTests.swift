import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct InFlightCounterTests {
    @Test func nobodyWaitsForNone() async {
        await InFlightCounter().waitUntilIdle()
    }

    @Test func allWhoWaitAreToldWhenTheLastHasGone() async {
        let counter = InFlightCounter()
        counter.begin()
        counter.begin()
        let told = Mutex(0)
        let wait: @Sendable () async -> Void = {
            await counter.waitUntilIdle()
            told.withLock { $0 += 1 }
        }
        async let first: Void = wait()
        async let second: Void = wait()
        counter.end()
        // Who did not wait would have come back by now.
        for _ in 0..<100 { await Task.yield() }
        #expect(told.withLock { $0 } == 0)
        counter.end()
        _ = await (first, second)
        #expect(counter.completed == 2)
    }

    @Test func waitingThatWasGivenUpCanBeginAnew() async {
        let counter = InFlightCounter()
        counter.begin()
        let impatient = Task { await counter.waitUntilIdle() }
        impatient.cancel()
        await impatient.value
        let patient = Task {
            await counter.waitUntilIdle()
            return counter.completed
        }
        for _ in 0..<100 { await Task.yield() }
        counter.end()
        #expect(await patient.value == 1)
    }
}
