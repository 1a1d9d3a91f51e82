package import Dispatch

/// Runs `work`, which may block, on a thread of its own, away from the threads that all tasks share.
///
/// Cancelling the calling task raises the flag that `work` was given and may look at from time to time; this returns only
/// when `work` has.
///
/// - Parameter queue: where it runs, behind what else was given to that; by default a serial queue of its own, which is
///   given a thread at once, where a shared concurrent one runs as many as there are cores.
package func runBlocking<Answer: Sendable, Failure: Error>(
    on queue: DispatchQueue = DispatchQueue(label: "taskd.blocking"),
    _ work: @escaping @Sendable (CancellationFlag) throws(Failure) -> Answer
) async throws(Failure) -> Answer {
    let flag = CancellationFlag()
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(Failure) in try work(flag) })
            }
        }
    } onCancel: {
        flag.raise()
    }
    return try result.get()
}
