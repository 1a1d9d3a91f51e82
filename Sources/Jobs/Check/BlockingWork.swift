internal import Dispatch
internal import Synchronization

/// Runs `work`, which may block, on a thread of its own, away from the threads that all tasks share.
///
/// Cancelling the calling task raises the flag that `work` was given and looks at from time to time; this returns only
/// when `work` has.
func runBlocking<Answer: Sendable>(
    _ work: @escaping @Sendable (CancellationFlag) throws(SourceError) -> Answer
) async throws(SourceError) -> Answer {
    let flag = CancellationFlag()
    // A serial queue of its own is given a thread at once; a shared concurrent one runs as many as there are cores.
    let queue = DispatchQueue(label: "check")
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(SourceError) in try work(flag) })
            }
        }
    } onCancel: {
        flag.raise()
    }
    return try result.get()
}

/// Tells work on a thread of its own that its task was cancelled.
final class CancellationFlag: Sendable {
    private let raised = Atomic(false)

    /// Whether the task was cancelled.
    var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Tells that the task was cancelled.
    func raise() {
        raised.store(true, ordering: .relaxed)
    }

    /// - Throws: ``SourceError`` with the code `cancelled` once the task was cancelled.
    func check() throws(SourceError) {
        guard !isRaised else { throw .cancelled }
    }
}
