internal import Synchronization

/// One suspension of one waiter. The first call of ``wake(_:)`` decides why it ends.
final class Wake: Sendable {
    enum Reason {
        case signalled, timedOut, cancelled
    }

    private enum State {
        case idle
        case parked(CheckedContinuation<Reason, Never>)
        case woken(Reason)
    }

    private let state = Mutex(State.idle)

    /// Ends the sleep, or keeps it from beginning; only the first call counts.
    func wake(_ reason: Reason) {
        let continuation: CheckedContinuation<Reason, Never>? = state.withLock { state in
            switch state {
            case .woken: return nil
            case .idle:
                state = .woken(reason)
                return nil
            case .parked(let continuation):
                state = .woken(reason)
                return continuation
            }
        }
        continuation?.resume(returning: reason)
    }

    /// Sleeps until woken.
    ///
    /// Cancelling the waiter changes nothing.
    func park() async -> Reason {
        await withCheckedContinuation { continuation in
            let reason: Reason? = state.withLock { state in
                guard case .woken(let reason) = state else {
                    state = .parked(continuation)
                    return nil
                }
                return reason
            }
            if let reason { continuation.resume(returning: reason) }
        }
    }

    /// Sleeps until woken or the waiter is cancelled.
    func wait() async -> Reason {
        await withTaskCancellationHandler {
            await park()
        } onCancel: {
            wake(.cancelled)
        }
    }

    /// Sleeps until woken, the waiter is cancelled, or the deadline passes.
    ///
    /// The timer has gone when it returns.
    func wait(until deadline: Deadline?) async -> Reason {
        guard let deadline else { return await wait() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                if await deadline.passes() { self.wake(.timedOut) }
            }
            let reason = await self.wait()
            group.cancelAll()
            return reason
        }
    }
}
