import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct InFlightCounterTests {
    @Test func nobodyWaitsForNone() async {
        await InFlightCounter().waitForNone()
    }

    @Test func allWhoWaitAreToldWhenTheLastHasGone() async {
        let counter = InFlightCounter()
        counter.begin()
        counter.begin()
        async let first: Void = counter.waitForNone()
        async let second: Void = counter.waitForNone()
        counter.end()
        #expect(counter.gone == 1)
        counter.end()
        _ = await (first, second)
        #expect(counter.gone == 2)
    }

    @Test func waitingThatWasGivenUpCanBeginAnew() async {
        let counter = InFlightCounter()
        counter.begin()
        let impatient = Task { await counter.waitForNone() }
        impatient.cancel()
        await impatient.value
        let patient = Task {
            await counter.waitForNone()
            return counter.gone
        }
        counter.end()
        #expect(await patient.value == 1)
    }
}
