internal import Dispatch
internal import Synchronization

/// Calls that block and cannot be stopped, each on a thread of its own: so many at once, and the others in their order.
///
/// Nobody waits for one who was cancelled: its thread ends later and its answer goes nowhere. Without the limit such threads
/// could become as many as Dispatch has (255), and nothing else that blocks would begin.
final class BlockingCalls<Answer: Sendable>: Sendable {
    private struct State {
        var running = 0
        var waiting: [Call<Answer>] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many may run at once.
    init(limit: Int) {
        self.limit = limit
    }

    /// What `work` answers; `nil` when the calling task was cancelled first, and perhaps before `work` began.
    func answer(_ work: @escaping @Sendable () -> Answer) async -> Answer? {
        let call = Call(work)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.wait(continuation)
                begin(call)
            }
        } onCancel: {
            call.end(nil)
        }
    }

    private func begin(_ call: Call<Answer>) {
        let hasRoom = state.withLock { state in
            let hasRoom = state.running < limit
            if hasRoom { state.running += 1 } else { state.waiting.append(call) }
            return hasRoom
        }
        guard hasRoom else { return }
        DispatchQueue(label: "taskd.calls").async {
            var next: Call<Answer>? = call
            while let call = next {
                call.run()
                next = self.next()
            }
        }
    }

    /// The call that waits longest, or `nil` to end a thread because there is none.
    private func next() -> Call<Answer>? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
    }
}

/// A call and who waits for it: answered once, by the call or by being cancelled, whichever comes first.
private final class Call<Answer: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Answer?, Never>)
        case ended(Answer?)
    }

    private let work: @Sendable () -> Answer
    private let state = Mutex(State.new)

    init(_ work: @escaping @Sendable () -> Answer) {
        self.work = work
    }

    /// Makes the call, unless nobody waits for it any more.
    func run() {
        let hasEnded = state.withLock { state in if case .ended = state { true } else { false } }
        if !hasEnded { end(work()) }
    }

    func wait(_ continuation: CheckedContinuation<Answer?, Never>) {
        let before = state.withLock { state in
            defer { if case .new = state { state = .waiting(continuation) } }
            return state
        }
        if case .ended(let answer) = before { continuation.resume(returning: answer) }
    }

    func end(_ answer: Answer?) {
        let continuation: CheckedContinuation<Answer?, Never>? = state.withLock { state in
            defer { if case .ended = state {} else { state = .ended(answer) } }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(returning: answer)
    }
}
