internal import Model

/// What `taskctl` tells the shell when it ends; the numbers from 64 on are those of sysexits.h, 124 is that of timeout(1).
enum ExitStatus: Int32, Sendable, Hashable, CaseIterable {
    case success = 0
    case taskFailed = 1
    case taskCancelled = 2
    case notDone = 3
    case noSuchTask = 4
    case usage = 64
    case unreachable = 69
    case internalError = 70
    case tryAgain = 75
    case notPermitted = 77
    case timedOut = 124
}

extension ExitStatus {
    /// The status for a problem with the HTTP status `httpStatus`.
    init(httpStatus: Int) {
        switch httpStatus {
        case 400, 413, 414, 422, 431: self = .usage
        case 403: self = .notPermitted
        case 404: self = .noSuchTask
        case 409: self = .taskFailed
        case 429, 503: self = .tryAgain
        default: self = .internalError
        }
    }

    /// The status for a task that is in `state`.
    init(state: TaskState) {
        switch state {
        case .held, .queued, .running: self = .notDone
        case .succeeded: self = .success
        case .failed: self = .taskFailed
        case .cancelled: self = .taskCancelled
        }
    }

    /// The status for several tasks that were expected to succeed: a failure weighs more than a cancellation.
    init(doneStates: some Sequence<TaskState>) {
        var status = ExitStatus.success
        for state in doneStates {
            if state == .failed { status = .taskFailed }
            if state == .cancelled && status == .success { status = .taskCancelled }
        }
        self = status
    }
}
