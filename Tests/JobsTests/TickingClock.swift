/// A clock on which no sleep takes any time, and each is told of.
struct TickingClock: Clock {
    let tick: @Sendable () -> Void

    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        tick()
        await Task.yield()
    }
}
