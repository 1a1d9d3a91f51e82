package import Model
internal import Store

/// Why the engine did not do what it was asked.
package struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What kind of refusal this is.
    package enum Code: Sendable, Hashable {
        /// The request names a field, a path or a value that cannot be.
        case invalidInput
        /// There is no such task.
        case unknownTask
        /// The task is not in a state that allows it.
        case wrongState
        /// The daemon is stopping; the same request may be sent to the next one.
        case stopping
        /// More is asked for than can be written down; the same request may be sent again in a moment.
        case busy
        /// A user has as much as one may; the same request may be sent again when there is less.
        case limitReached(UserLimits.Name)
        /// The request asks for more than a user may ever have.
        case overLimit(UserLimits.Name)
        /// The disk is full.
        case storageFull
        /// The store failed.
        case storage
    }

    /// What kind of refusal this is.
    package let code: Code
    /// What went wrong and what to do.
    package let message: String
    /// What was thrown below, or `nil`.
    package let cause: (any Error)?

    /// A refusal of kind `code`.
    package init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}

extension EngineError {
    /// The refusal behind `error`, which came from the model or the store; `nil` for any other, such as a cancellation.
    package init?(_ error: any Error) {
        switch error {
        case let error as EngineError: self = error
        case let error as InvalidInput: self.init(code: .invalidInput, message: error.description, cause: error)
        case let error as UnknownTask: self.init(code: .unknownTask, message: "no task \(error.id)", cause: error)
        case let error as StoreError:
            let code: Code =
                switch error.code {
                case .full: .storageFull
                case .busy: .busy
                case .unusablePath: .invalidInput
                default: .storage
                }
            self.init(code: code, message: error.message, cause: error)
        default: return nil
        }
    }

    /// The daemon stops.
    package static let stopping = EngineError(
        code: .stopping, message: "the daemon is stopping; try again when it is back")

    static func unknownTask(_ id: TaskID) -> EngineError {
        EngineError(code: .unknownTask, message: "no task \(id)")
    }
}
