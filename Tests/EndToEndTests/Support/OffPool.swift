import Dispatch

/// Does `work`, which may block, on a thread of its own: the cooperative pool has only as many as there are cores.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "EndToEndTests").async { continuation.resume(with: Result(catching: work)) }
    }
}
