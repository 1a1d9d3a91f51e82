internal import Model
internal import Synchronization

/// The `on_done` commands that could not be started, each of which rests before it is tried again.
final class HookBackoff: Sendable {
    private struct State {
        var resting: Set<TaskID> = []
        /// How often each of them was tried.
        var tries: [TaskID: Int] = [:]
    }

    /// How often each is tried: with rests of ten seconds, for an hour.
    private static let maximumAttempts = 360

    private let state = Mutex(State())
    /// Given when one begins to rest.
    let begun = WakeSignal()

    /// Those that rest.
    var resting: Set<TaskID> { state.withLock(\.resting) }

    /// Has the hook of `task` rest, which could not be started.
    ///
    /// - Returns: whether it does; `false` when it was tried often enough.
    func begin(_ task: TaskID) -> Bool {
        let mayRest = state.withLock { state in
            let tries = state.tries[task, default: 0] + 1
            let mayRest = tries < Self.maximumAttempts
            state.tries[task] = mayRest ? tries : nil
            if mayRest { state.resting.insert(task) }
            return mayRest
        }
        if mayRest { begun.signal() }
        return mayRest
    }

    /// Has all of them tried again.
    func end() {
        state.withLock { $0.resting = [] }
    }

    /// The hook of `task` has begun.
    func forget(_ task: TaskID) {
        state.withLock { $0.tries[task] = nil }
    }
}
