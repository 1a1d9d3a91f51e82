internal import Store
internal import Synchronization

extension Engine {
    /// Returns when the store has written once more and then the scheduler has looked once more for what may run: a sign
    /// that neither hangs. To be called while the engine runs; cancelling ends the waiting.
    ///
    /// - Throws: ``StoreError`` when the store cannot write.
    package func pulse() async throws {
        try await store.pulse()
        let (rounds, round) = AsyncStream<Void>.makeStream()
        pulses.withLock { $0.append(round) }
        readiness.signal()
        for await _ in rounds {}
    }

    /// Takes out who waits for the next round.
    func takePulses() -> [AsyncStream<Void>.Continuation] {
        pulses.withLock { pulses in
            defer { pulses = [] }
            return pulses
        }
    }
}
