internal import Model
internal import Store

extension Engine {
    /// How long the history may exceed what is to be kept.
    private static let retentionRest = Duration.seconds(60)

    /// Removes what is beyond the retention, now and again; returns at once where everything is kept.
    func retentionLoop() async throws {
        let retention = configuration.retention
        guard !retention.isUnlimited else { return }
        while true {
            if let age = retention.age { _ = try await prune(olderThan: age) }
            if let count = retention.count { _ = try await prune(keeping: count) }
            if let bytes = retention.bytes { try await shrink(to: bytes) }
            try await configuration.clock.sleep(for: Self.retentionRest)
        }
    }

    private func shrink(to bytes: Int64) async throws {
        while try await store.bytesInUse() > bytes {
            guard try await pruneBatch(.upTo(sequence: .max)) != nil else { return }
        }
    }
}
