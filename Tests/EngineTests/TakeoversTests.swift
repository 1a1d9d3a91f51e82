import Model
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct TakeoversTests {
    private let takeovers = Takeovers()
    private let one = TaskID(1)
    private let other = TaskID(2)

    @Test func eachIsWaitedForAlone() async {
        takeovers.begin(with: [one, other])
        takeovers.settle(one)
        await takeovers.settled(one)
        await takeovers.settled(TaskID(3))
        async let settled: Void = takeovers.settled(other)
        takeovers.settle(other)
        takeovers.settle(other)
        await settled
    }

    @Test func whoIsCancelledWaitsNoLonger() async {
        takeovers.begin(with: [one])
        let before = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await takeovers.settled(one)
        }
        await before.value
        let waiting = Task { await takeovers.settled(one) }
        waiting.cancel()
        await waiting.value
        takeovers.settle(one)
    }
}
