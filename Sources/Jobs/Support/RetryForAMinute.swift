internal import Model

/// Does `work`, and when it fails does it again a second later, for a minute: for what the system lacks for a moment, above all
/// descriptors and processes.
///
/// Cancelling the calling task changes nothing.
/// - Throws: what `work` throws in the end.
func retryForAMinute<Answer>(
    _ clock: any Clock<Duration>, _ work: () async throws(ExceptionInfo) -> Answer
) async throws(ExceptionInfo) -> Answer {
    for _ in 1..<60 {
        do throws(ExceptionInfo) {
            return try await work()
        } catch {
            await Task { try? await clock.sleep(for: .seconds(1)) }.value
        }
    }
    return try await work()
}
