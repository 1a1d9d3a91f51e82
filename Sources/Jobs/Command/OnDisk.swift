internal import Dispatch
internal import Model

/// Runs `work`, which waits for a disk, on a thread of its own.
func onDisk<Answer: Sendable>(
    _ work: @escaping @Sendable () throws(ExceptionInfo) -> Answer
) async throws(ExceptionInfo) -> Answer {
    let queue = DispatchQueue(label: "taskd.disk")
    let result = await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: Result { () throws(ExceptionInfo) in try work() }) }
    }
    return try result.get()
}
