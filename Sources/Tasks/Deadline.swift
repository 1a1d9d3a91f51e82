/// A point in time on some clock.
struct Deadline: Sendable {
    /// A hundred years.
    ///
    /// The system's clocks stop the process when they are asked to sleep for some 300.
    private static let longest = Duration.seconds(100 * 365 * 86_400)

    private let sleep: @Sendable () async throws -> Void
    private let passed: @Sendable () -> Bool

    /// The point `duration` from now; a negative duration counts as zero, one of centuries as a hundred years.
    init(after duration: Duration, clock: any Clock<Duration>) {
        (sleep, passed) = Self.timer(after: duration, clock: clock)
    }

    /// Whether the point is now or in the past.
    var hasPassed: Bool { passed() }

    /// Waits for the point; returns `false` if the waiter was cancelled first.
    func passes() async -> Bool {
        do {
            try await sleep()
            return true
        } catch {
            return false
        }
    }

    private static func timer<C: Clock<Duration>>(
        after duration: Duration, clock: C
    ) -> (sleep: @Sendable () async throws -> Void, passed: @Sendable () -> Bool) {
        let instant = clock.now.advanced(by: min(max(duration, .zero), longest))
        return ({ try await clock.sleep(until: instant, tolerance: nil) }, { clock.now >= instant })
    }
}
