import Model
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
        async let settled: Void = pendingAdoptions.waitUntilSettled(other)
        pendingAdoptions.settle(other)
        pendingAdoptions.settle(other)
        await settled
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
    }
}
