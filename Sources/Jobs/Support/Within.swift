internal import Model

/// Runs `work`, and cancels it once `limit` has passed; returns when `work` has ended.
///
/// - Parameter late: what is thrown when the time was over first, by default a `timeout` that names the limit.
/// - Throws: ``SourceError``: `late` when the time was over first, `cancelled` when the calling task was cancelled, else what
///   `work` throws.
func within<Answer: Sendable>(
    _ limit: Duration, _ clock: any Clock<Duration>, late: SourceError? = nil,
    _ work: @escaping @Sendable () async throws(SourceError) -> Answer
) async throws(SourceError) -> Answer {
    let result = await withTaskGroup(of: Result<Answer, SourceError>?.self) { group in
        group.addTask {
            do throws(SourceError) { return .success(try await work()) } catch { return .failure(error) }
        }
        group.addTask {
            try? await clock.sleep(for: limit)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        if let first { return first }
        for await case .success(let answer)? in group { return .success(answer) }
        return .failure(Task.isCancelled ? .cancelled : late ?? .late(limit))
    }
    guard !Task.isCancelled else { throw .cancelled }
    return try result.get()
}

extension SourceError {
    fileprivate static func late(_ limit: Duration) -> SourceError {
        SourceError(.timeout, "did not answer within \(limit.secondsText)s; see timeout", isRetryable: true)
    }
}
