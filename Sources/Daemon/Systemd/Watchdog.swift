/// Tells the service manager that the daemon has not hung, as long as that is so.
struct Watchdog: Sendable {
    /// How often it tells.
    let interval: Duration
    /// What has to answer first, whatever the answer: one that hangs keeps it silent.
    let parts: [@Sendable () async throws -> Void]
    /// Tells that all have answered.
    let tell: @Sendable () async -> Void

    /// Goes round the parts again and again.
    ///
    /// - Throws: `CancellationError`, when the calling task is cancelled.
    func run() async throws {
        while true {
            try await Task.sleep(for: interval)
            for part in parts { await answer(of: part) }
            await tell()
        }
    }

    private func answer(of part: @Sendable () async throws -> Void) async {
        do {
            try await part()
        } catch {
            // A part that fails has not hung, and whoever needs it finds that out by itself.
        }
    }
}
