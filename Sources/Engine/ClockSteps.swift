internal import Model

/// Detects jumps of the wall clock by comparing it with a monotonic clock.
struct ClockSteps: Sendable {
    /// Smaller differences are the time between two readings.
    private static let smallestStep = Duration.seconds(1)

    private let now: @Sendable () -> Timestamp
    private let elapsed: @Sendable () -> Duration
    /// What the clock would have shown at the beginning, as it is set now.
    private var beginning: Timestamp

    /// Begins with the clocks of `configuration` as they are.
    init(_ configuration: EngineConfiguration) {
        now = configuration.now
        elapsed = Self.stopwatch(configuration.clock)
        beginning = configuration.now()
    }

    private static func stopwatch<Source: Clock<Duration>>(_ clock: Source) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    /// By how much the clock was set since this was asked before, forward or back; `nil` for not at all.
    mutating func take() -> Duration? {
        let step = now() - beginning - elapsed()
        guard step.magnitude >= Self.smallestStep else { return nil }
        beginning = beginning + step
        return step
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
