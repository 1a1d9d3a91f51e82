internal import Model
internal import Store

/// The line that `systemctl status` shows: how much there is to do.
struct StatusLine: Sendable {
    let store: Store
    let tell: @Sendable (String) async -> Void
    /// The shortest time between two looks.
    private static let interval = Duration.seconds(1)

    /// Tells the line whenever it has changed, until the calling task is cancelled. It looks after commits alone, so that
    /// a daemon with nothing to do does not wake.
    ///
    /// - Throws: ``StoreError`` when the store cannot be read; `CancellationError`.
    func run() async throws {
        let commits = store.commits()
        var last = try await line()
        await tell(last)
        for await _ in commits {
            let line = try await line()
            if line != last { await tell(line) }
            last = line
            try await Task.sleep(for: Self.interval)
        }
    }

    private func line() async throws -> String {
        let counts = try await Dictionary(uniqueKeysWithValues: store.counts().map { ($0, $1) })
        return "\(counts[.running, default: 0]) running, \(counts[.queued, default: 0]) queued"
    }
}
