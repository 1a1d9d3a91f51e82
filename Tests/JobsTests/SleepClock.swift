import Synchronization

/// A clock that stands still until a test moves it, and tells when somebody sleeps on it.
final class SleepClock: Clock {
    struct Instant: InstantProtocol {
        var offset = Duration.zero

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant()
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
        var last = 0
    }

    private let state = Mutex(State())
    private let announce: AsyncStream<Duration>.Continuation
    /// The deadline of each sleeper that had to wait, counted from the clock's beginning.
    let deadlines: AsyncStream<Duration>

    init() {
        (deadlines, announce) = AsyncStream.makeStream()
    }

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready: Result<Void, any Error>? = state.withLock { state in
                    // A sleep that is over before it began need not notice that it was cancelled.
                    guard state.now < deadline else { return .success(()) }
                    guard !state.cancelled.contains(id) else { return .failure(CancellationError()) }
                    state.sleepers[id] = (deadline, continuation)
                    return nil
                }
                if let ready { continuation.resume(with: ready) } else { announce.yield(deadline.offset) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock to `offset` and wakes whoever slept until then.
    func move(to offset: Duration) {
        let woken = state.withLock { state in
            state.now = Instant(offset: offset)
            let ready = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in ready.keys { state.sleepers[id] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }
}
