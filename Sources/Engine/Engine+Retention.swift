internal import Model
internal import Store

extension Engine {
    /// How long the history may exceed what is to be kept.
    private static let retentionRest = Duration.seconds(60)

    /// Removes what is beyond the retention, now and again; where everything is kept, only what an earlier daemon forgot.
    ///
    /// What cannot be removed is told, and tried again by the next daemon: tidying up is no reason to stop.
    /// - Throws: ``StoreError`` when the store fails, but for a full disk; `CancellationError`.
    func retentionLoop() async throws {
        try await warning { try await self.removeForgottenOutput() }
        guard !configuration.retention.isUnlimited else { return }
        while true {
            try await warning { try await self.tidy(self.configuration.retention) }
            try await configuration.clock.sleep(for: Self.retentionRest)
        }
    }

    private func warning(of work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as StoreError where error.code == .full {
            configuration.warn("retention: \(error.message)")
        } catch let error as ExceptionInfo {
            configuration.warn("retention: \(error.message)")
        }
    }

    private func tidy(_ retention: Retention) async throws {
        if let age = retention.age { _ = try await prune(olderThan: age) }
        if let count = retention.count { _ = try await prune(keeping: count) }
        if let bytes = retention.bytes { try await shrink(to: bytes) }
    }

    private func shrink(to bytes: Int64) async throws {
        while try await store.bytesInUse() > bytes {
            guard try await pruneBatch(.upTo(sequence: .max)) != nil else { return }
        }
    }
}
