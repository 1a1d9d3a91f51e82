package import Model

/// What a job does: one conformance a kind of job.
package protocol JobHandler: Sendable {
    /// Does the job once. A job that fails is an outcome, not a thrown error.
    ///
    /// Cancelling the calling task asks the work to end; the handler returns when it really has ended, having cleaned up.
    func run(_ context: JobContext) async -> RunReport

    /// Takes over an attempt that an earlier daemon began, and returns how it ended. One that goes on tells the context so.
    ///
    /// - Returns: `nil` when the attempt ended with that daemon; a handler whose work lives only in the daemon always
    ///   answers so.
    func resume(_ context: JobContext) async -> RunReport?
}

extension JobHandler {
    package func resume(_ context: JobContext) async -> RunReport? { nil }
}
