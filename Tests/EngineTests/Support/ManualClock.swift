import Synchronization

/// A clock that stands still until a test moves it, and tells when somebody sleeps until a given moment.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var offset = Duration.zero

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant()
        var last = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
        var watchers: [(deadline: Instant, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// A clock that shows `offset`: a daemon that comes back does not come back in the past.
    init(offset: Duration = .zero) {
        state = Mutex(State(now: Instant(offset: offset)))
    }

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .zero }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until somebody sleeps until `offset`.
    func sleeper(until offset: Duration) async {
        let deadline = Instant(offset: offset)
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard !state.sleepers.values.contains(where: { $0.deadline == deadline }) else { return true }
                state.watchers.append((deadline, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { park(number, until: deadline, $0) }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func park(_ number: Int, until deadline: Instant, _ continuation: CheckedContinuation<Void, any Error>) {
        let result: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
            if deadline <= state.now { return .success(()) }
            state.sleepers[number] = (deadline, continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
        let watchers = state.withLock { state in
            let isMet = { (watcher: (deadline: Instant, continuation: CheckedContinuation<Void, Never>)) in
                state.sleepers.values.contains { $0.deadline == watcher.deadline }
            }
            let ready = state.watchers.filter(isMet)
            state.watchers.removeAll(where: isMet)
            return ready
        }
        for watcher in watchers { watcher.continuation.resume() }
    }
}
