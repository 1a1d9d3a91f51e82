extension JobContext {
    /// Rests for `duration` on the task's clock.
    ///
    /// - Throws: ``SourceError`` with `cancelled` when the task was cancelled meanwhile.
    func sleep(for duration: Duration) async throws(SourceError) {
        do { try await clock.sleep(for: duration) } catch { throw .cancelled }
    }
}
