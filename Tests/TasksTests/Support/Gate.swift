import Synchronization

@testable import Tasks

/// A latch: bodies of tests wait here until the test opens it, so that nothing depends on time.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var lastNumber = 0
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock(\.isOpen) }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until the gate is open.
    ///
    /// Throws `CancellationError` if the waiter is cancelled, also at an open gate.
    func pass() async throws {
        try Task.checkCancellation()
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { park(number, $0) }
        } onCancel: {
            cancel(number)
        }
    }

    /// Waits until the gate is open, whether or not the waiter is cancelled.
    func passRegardless() async {
        await Task.detached { try? await self.pass() }.value
    }

    private func park(_ number: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        let result: Result<Void, any Error>? = state.withLock { state in
            if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
            if state.isOpen { return .success(()) }
            state.waiting[number] = continuation
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { state in
            let continuation = state.waiting.removeValue(forKey: number)
            if continuation == nil { state.cancelled.insert(number) }
            return continuation
        }
        continuation?.resume(throwing: CancellationError())
    }
}
