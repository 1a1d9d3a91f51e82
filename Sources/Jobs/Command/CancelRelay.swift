internal import Model
internal import Synchronization

/// Turns cancel requests into orders to a shim: one for each request, although the first one reaches its supervisor twice,
/// as the cancellation of its task and as an element of the stream. With the first one a task begins that looks after what
/// comes of it.
final class CancelRelay: Sendable {
    private struct State {
        var hasAsked = false
        var hasHeard = false
        var follower: Task<Void, Never>?
    }

    private let shim: RunningShim
    private let followUp: @Sendable () async -> Void
    private let state = Mutex(State())

    init(_ shim: RunningShim, followUp: @escaping @Sendable () async -> Void) {
        self.shim = shim
        self.followUp = followUp
    }

    func taskWasCancelled() {
        let isFirst = state.withLock { state in
            defer { state.hasAsked = true }
            return !state.hasAsked
        }
        if isFirst { forward() }
    }

    func heardRequest() {
        let isFirst = state.withLock { state in
            defer { (state.hasAsked, state.hasHeard) = (true, true) }
            return !state.hasAsked || state.hasHeard
        }
        if isFirst { forward() }
    }

    private func forward() {
        shim.terminate()
        let followUp = followUp
        state.withLock { state in
            guard state.follower == nil else { return }
            state.follower = Task { await followUp() }
        }
    }

    /// The shim has ended; to be called when nobody asks any more.
    func end() async {
        let follower = state.withLock(\.follower)
        follower?.cancel()
        await follower?.value
    }
}
