/// How a task ended: exactly one of a value, an error or a cancellation.
///
/// ```swift
/// for outcome in try await gatherOutcomes(tasks) {      // for result in await gather(*tasks, return_exceptions=True)
///     switch outcome {
///     case .success(let value): print(value)
///     case .failure(let error): print("failed:", error)
///     case .cancelled(let reason): print("cancelled:", reason ?? "no reason given")
///     }
/// }
/// ```
public enum TaskOutcome<Success: Sendable>: Sendable {
    /// The body returned this value.
    case success(Success)
    /// The body threw this error.
    case failure(any Error)
    /// The body threw a cancellation or never started; the reason is the first one given to `cancel`.
    case cancelled(reason: String?)

    /// Sorts a thrown error: a cancellation is `.cancelled`, any other error `.failure`.
    ///
    /// - Parameters:
    ///   - error: What the body threw.
    ///   - reason: The reason of an earlier request, which wins over the one in `error`.
    init(thrown error: any Error, reason: String? = nil) {
        guard TaskCancelled.isCancellation(error) else {
            self = .failure(error)
            return
        }
        self = .cancelled(reason: reason ?? (error as? TaskCancelled)?.reason)
    }

    /// The value of a success.
    ///
    /// - Throws: The task's own error, or ``TaskCancelled`` with the reason if it was cancelled.
    public func get() throws -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let error): throw error
        case .cancelled(let reason): throw TaskCancelled(reason: reason)
        }
    }

    /// The error of a failure; `nil` for a value and for a cancellation.
    public var failure: (any Error)? {
        guard case .failure(let error) = self else { return nil }
        return error
    }

    var state: RunState {
        switch self {
        case .success: .succeeded
        case .failure: .failed
        case .cancelled: .cancelled
        }
    }
}
