internal import Model

/// Why `taskctl` could not do what it was asked.
struct ClientError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is, and what the shell is told.
    let code: ExitStatus
    /// What went wrong and what to do; it may hold text from tasks, so show it through ``String/shown``.
    let message: String
    /// What was thrown below, or `nil`.
    let cause: (any Error)?

    /// A failure of kind `code`.
    init(code: ExitStatus, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    var description: String { message }
}

extension ClientError {
    /// The failure that a reply with `problem` is.
    init(_ problem: Problem) {
        let message = problem.detail.isEmpty ? problem.title : problem.detail
        self.init(code: ExitStatus(httpStatus: problem.status), message: message, cause: problem)
    }

    /// The daemon ended what it was sending, because it is stopping.
    static let stopping = ClientError(code: .tryAgain, message: "the daemon is stopping; try again in a moment")

    /// The same, told of a daemon that has answered a moment ago: it has hung up.
    var afterAnAnswer: ClientError {
        code == .unreachable ? ClientError(code: code, message: message, cause: HungUp()) : self
    }

    /// The daemon sent something the contract does not allow.
    static func unexpectedReply(_ what: String) -> ClientError {
        ClientError(
            code: .internalError,
            message: "the daemon's reply is not understood: \(what); are taskd and taskctl of one version?")
    }
}
