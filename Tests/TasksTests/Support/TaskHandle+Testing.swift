import Synchronization

@testable import Tasks

extension TaskHandle {
    /// Everyone this task would tell of its end, callbacks excepted.
    var observerCount: Int { lifecycle.withLock(\.observerCount) }
}

extension TaskRegistry {
    /// The tasks the registry holds.
    var heldCount: Int { state.withLock(\.unfinished.count) }

    /// A task that returns `value` once the gate is open, and heeds cancellation.
    func spawn<Value: Sendable>(_ value: Value, behind gate: Gate, name: String? = nil) -> TaskHandle<Value> {
        spawn(name: name) {
            try await gate.pass()
            return value
        }
    }

    /// A task that fails at once.
    func spawn<Value: Sendable>(failing error: Boom, as: Value.Type = Int.self) -> TaskHandle<Value> {
        spawn { throw error }
    }

    /// A task that, once cancelled, stays until the gate is open and then does as `ending` says.
    func spawn<Value: Sendable>(
        cleaningUpBehind gate: Gate, started: Gate, ending: @escaping @Sendable () throws -> Value
    ) -> TaskHandle<Value> {
        spawn {
            started.open()
            try? await Gate().pass()
            await gate.passRegardless()
            return try ending()
        }
    }

    /// A task that waits to be cancelled and then fails.
    func spawn<Value: Sendable>(failingWhenCancelled error: Boom, started: Gate) -> TaskHandle<Value> {
        spawn {
            started.open()
            try? await Gate().pass()
            throw error
        }
    }

    /// A task that, once cancelled, stays until the gate is open and then ends cancelled.
    func spawn(stayingBehind gate: Gate, started: Gate) -> TaskHandle<Int> {
        spawn(cleaningUpBehind: gate, started: started) { throw CancellationError() }
    }
}
