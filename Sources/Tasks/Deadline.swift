/// A point in time on some clock.
struct Deadline: Sendable {
    private let sleep: @Sendable () async throws -> Void

    /// The point `duration` from now; a negative duration counts as zero.
    init(after duration: Duration, clock: any Clock<Duration>) {
        sleep = Self.sleeper(after: duration, clock: clock)
    }

    /// Waits for the point; answers `false` if the waiter was cancelled first.
    func passes() async -> Bool {
        do {
            try await sleep()
            return true
        } catch {
            return false
        }
    }

    private static func sleeper<C: Clock<Duration>>(
        after duration: Duration, clock: C
    ) -> @Sendable () async throws -> Void {
        let instant = clock.now.advanced(by: max(duration, .zero))
        return { try await clock.sleep(until: instant, tolerance: nil) }
    }
}
