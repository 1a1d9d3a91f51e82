internal import Synchronization

/// How many of something are there, and who waits until there are none.
final class InFlightCounter: Sendable {
    private struct State {
        var present = 0
        var completed = 0
        var waiting: [AsyncStream<Void>.Continuation] = []

        /// Takes out who waits for this, if it was the last one.
        mutating func end() -> [AsyncStream<Void>.Continuation] {
            present -= 1
            completed += 1
            guard present == 0 else { return [] }
            defer { waiting = [] }
            return waiting
        }
    }

    private let state = Mutex(State())

    /// How many have come and gone.
    var completed: Int { state.withLock(\.completed) }

    func begin() {
        state.withLock { $0.present += 1 }
    }

    func end() {
        for waiting in state.withLock({ $0.end() }) { waiting.finish() }
    }

    /// Returns when there are none, or when the calling task is cancelled.
    func waitUntilIdle() async {
        let (none, tell) = AsyncStream<Void>.makeStream()
        let isAnyoneThere = state.withLock { state in
            if state.present > 0 { state.waiting.append(tell) }
            return state.present > 0
        }
        guard isAnyoneThere else { return }
        for await _ in none {}
    }
}
