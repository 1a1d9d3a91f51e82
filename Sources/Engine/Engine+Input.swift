internal import Jobs
internal import Model

extension Engine {
    /// Writes `bytes` to the standard input of a command that was submitted with `stdin_open`; nothing before it has started.
    ///
    /// - Parameter isLast: whether it ends with them, once all of them are taken.
    /// - Returns: how many were taken, from the first on, as a pipe that the command does not read from is full at 64 KiB; by
    ///   which attempt, or for which; and whether that has started.
    /// - Throws: ``EngineError`` when there is no such task, it runs no command, somebody has to start it, it is done, or its
    ///   input is not open, has ended or cannot be ended.
    package func write(
        _ bytes: [UInt8], isLast: Bool, to id: TaskID
    ) async throws -> (count: Int, attempt: Int, hasStarted: Bool) {
        let record = try await task(id)
        guard record.kind.isCommand, record.state == .queued || record.state == .running else {
            let what = "a \(record.kind.rawValue) that is \(record.state.rawValue)"
            throw EngineError(
                code: .wrongState, message: "task \(id) is \(what); input is for commands that are running or queued")
        }
        guard record.job["stdin_open"] == true else { throw Self.inputIsNotOpen(of: id) }
        if record.state == .queued { return (0, record.attempt + 1, false) }
        let attempt = configuration.directories.attempt(of: record)
        guard attempt.hasStarted else { return (0, record.attempt, false) }
        do {
            return (try attempt.write(input: bytes, isLast: isLast), record.attempt, true)
        } catch {
            guard isLast, !attempt.hasControl else { throw Self.inputIsNotOpen(of: id, cause: error) }
            throw EngineError(
                code: .wrongState,
                message: "the command of task \(id) has removed its control FIFO, by which its input is ended",
                cause: error)
        }
    }

    private static func inputIsNotOpen(of id: TaskID, cause: (any Error)? = nil) -> EngineError {
        let message = "the input of task \(id) is not open: it was not submitted with stdin_open, or was ended"
        return EngineError(code: .wrongState, message: message, cause: cause)
    }
}
