internal import Glibc
internal import Model

extension Session {
    /// How long after one look for the next daemon the next one comes.
    private static let retryInterval = Duration.milliseconds(100)

    /// What `attempt`, which waits for tasks or follows what happens, comes to. Tasks outlive their daemon, and so does the wait:
    /// where the daemon ends meanwhile, the next one is asked.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait in all.
    ///   - attempt: is given what is left of `timeout`.
    /// - Throws: what `attempt` throws; ``ClientError`` when there has been no other daemon for ``restartLimit``.
    func outlivingDaemon<Value>(timeout: Duration? = nil, _ attempt: (Duration?) throws -> Value) throws -> Value {
        let clock = ContinuousClock()
        let start = clock.now
        var begin = start
        var absence = DaemonAbsence(limit: restartLimit, deadline: timeout.map { start + $0 })
        while true {
            var listenedSince: ContinuousClock.Instant?
            do {
                if absence.isLasting {
                    // A socket that a service manager holds takes connections while there is no daemon.
                    let left = timeout.map { max($0 - (clock.now - start), DaemonAbsence.moment) } ?? restartLimit
                    _ = try client.json(Request(.get, "v1", "health"), timeout: min(left, restartLimit))
                    begin = clock.now
                }
                listenedSince = begin
                return try attempt(timeout.map { max($0 - (begin - start), .zero) })
            } catch let error as ClientError where error.isEndOfDaemon || absence.isLasting && error.mayBeStarting {
                switch absence.step(after: error, at: clock.now, listenedSince: listenedSince) {
                case .lookAgain(let isToBeTold): awaitNextLook(isToBeTold: isToBeTold)
                case .timeOut(let reason):
                    throw ClientError(
                        code: .timedOut, message: "timed out while there was no daemon to ask", cause: reason)
                case .giveUp(let reason): throw outage(reason)
                }
            }
        }
    }

    private func awaitNextLook(isToBeTold: Bool) {
        if isToBeTold {
            printError("taskd has stopped; waiting up to \(restartLimit.secondsText)s for it to come back")
        }
        poll(nil, 0, CInt(Self.retryInterval.milliseconds))
    }

    private func outage(_ reason: ClientError) -> ClientError {
        ClientError(
            // One that has stopped took its socket away, which one that was killed left behind.
            code: access(client.socketPath, F_OK) == 0 ? reason.code : .tryAgain,
            message: "taskd has stopped, and none has answered for \(restartLimit.secondsText)s", cause: Outage())
    }
}

/// A daemon has ended, and no other came.
private struct Outage: Error {}

extension ClientError {
    /// Whether a daemon has ended, and there was no other in time.
    var isOutage: Bool { cause is Outage }

    /// Whether the daemon was there and is going, or has gone.
    fileprivate var isEndOfDaemon: Bool {
        guard case .tryAgain = code, let problem = cause as? Problem else {
            return cause is HungUp || code == .tryAgain
        }
        return problem.title == Problem.stoppingTitle
    }

    /// Whether the next daemon may be on its way: its socket is not there, or not open to all who may use it yet.
    fileprivate var mayBeStarting: Bool { code == .unreachable || code == .notPermitted && !(cause is Problem) }
}

// MARK: - Waiting for tasks

extension Session {
    /// What waiting for the tasks `ids` ended with; a terminal on standard error shows meanwhile how far they are.
    func wait(
        for ids: [TaskID], returnWhen: ReturnWhen = .allCompleted, timeout: Duration? = nil
    ) throws -> WaitReply {
        let live =
            errors.isTerminal && errors.size != nil && !wantsJSON
            ? LiveProgress(of: ids.uniqued, client: client, output: errors) : nil
        return try outlivingDaemon(timeout: timeout) { timeout in
            let request = Request.wait(for: ids, returnWhen: returnWhen, timeout: timeout)
            return try WaitReply(json: live?.json(request) ?? client.json(request))
        }
    }

    /// What waiting for the tasks `ids`, which were submitted by this very call, ended with.
    ///
    /// - Parameter command: what waits for them from now on.
    /// - Throws: ``ClientError`` that names the tasks, and never tells anybody to try again, which would run them twice.
    func wait(forSubmitted ids: [TaskID], timeout: Duration?, orRun command: String) throws -> WaitReply {
        do {
            return try wait(for: ids, timeout: timeout)
        } catch let error as ClientError {
            let mayComeBack = error.code == .tryAgain || error.code == .unreachable
            let reason = (error.cause as? Problem)?.title ?? error.message
            let list = ids.map(\.description).joined(separator: ", ")
            throw ClientError(
                code: mayComeBack ? .notDone : error.code,
                message: "\(reason); it was accepted as \(list); run \(command)", cause: error)
        }
    }
}
