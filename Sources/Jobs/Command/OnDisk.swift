package import Dispatch

/// Runs `work`, which waits for a disk, on a thread of its own; on `queue` after what else was given to that.
package func onDisk<Answer: Sendable, Failure: Error>(
    _ queue: DispatchQueue = DispatchQueue(label: "taskd.disk"),
    _ work: @escaping @Sendable () throws(Failure) -> Answer
) async throws(Failure) -> Answer {
    let result = await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: Result { () throws(Failure) in try work() }) }
    }
    return try result.get()
}
