internal import Dispatch

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
