import Model
import Synchronization
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct PendingAdoptionsTests {
    private let pendingAdoptions = PendingAdoptions()
    private let one = TaskID(1)
    private let other = TaskID(2)

    @Test func eachIsWaitedForAlone() async {
        pendingAdoptions.begin(with: [one, other])
        pendingAdoptions.settle(one)
        await pendingAdoptions.waitUntilSettled(one)
        await pendingAdoptions.waitUntilSettled(TaskID(3))
        let isSettled = Mutex(false)
        let waiting = Task { [pendingAdoptions, other] in
            await pendingAdoptions.waitUntilSettled(other)
            isSettled.withLock { $0 = true }
        }
        // Who did not wait would have come back by now.
        for _ in 0..<100 { await Task.yield() }
        #expect(!isSettled.withLock { $0 })
        pendingAdoptions.settle(other)
        pendingAdoptions.settle(other)
        await waiting.value
    }

    @Test func whoIsCancelledWaitsNoLonger() async {
        pendingAdoptions.begin(with: [one])
        let before = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await pendingAdoptions.waitUntilSettled(one)
        }
        await before.value
        let waiting = Task { await pendingAdoptions.waitUntilSettled(one) }
        waiting.cancel()
        await waiting.value
        pendingAdoptions.settle(one)
        await pendingAdoptions.waitUntilSettled(one)
    }
}
