internal import ArgumentParser
internal import Model

struct Wait: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait for tasks; print those done, then those pending. It never cancels unless asked.")

    @Argument(help: ArgumentHelp("The tasks to wait for.", valueName: "id")) var ids: [TaskID]
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Wait no longer than this, and exit 124.", valueName: "duration"),
        transform: Duration.argument) var timeout: Duration?
    @Option(help: ArgumentHelp("FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED (the default).", valueName: "when"))
    var returnWhen = ReturnWhen.allCompleted
    @Flag(help: "At the timeout, cancel what is pending and wait until it has ended.") var cancelOnTimeout = false
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard !cancelOnTimeout || timeout != nil else { throw ValidationError("--cancel-on-timeout needs --timeout") }
    }

    func run(_ session: Session) throws -> ExitStatus {
        let (reply, hasTimedOut) = try waitAndCancel(session)
        try session.answer(reply.json, or: session.lines(reply.all))
        // As `asyncio.wait_for`: what a task makes of its cancellation, a result or a failure of its own, counts more.
        let haveEndedOtherwise = cancelOnTimeout && reply.all.allSatisfy { $0.state.isDone && $0.state != .cancelled }
        if hasTimedOut && !haveEndedOtherwise { return .timedOut }
        return ExitStatus(doneStates: reply.done.map(\.state))
    }

    private func waitAndCancel(_ session: Session) throws -> (reply: WaitReply, hasTimedOut: Bool) {
        let reply = try session.wait(for: ids, returnWhen: returnWhen, timeout: timeout)
        let hasTimedOut = !returnWhen.isSatisfied(by: reply.all.map(\.state))
        guard hasTimedOut, cancelOnTimeout else { return (reply, hasTimedOut) }
        var cancelled: [TaskID] = []
        for task in reply.pending where try requestCancel(task.id, session) { cancelled.append(task.id) }
        if !cancelled.isEmpty { _ = try session.wait(for: cancelled) }
        return (try session.wait(for: ids, timeout: .zero), true)
    }

    /// Whether the task has ended or is going to; a shielded one is not.
    private func requestCancel(_ id: TaskID, _ session: Session) throws(ClientError) -> Bool {
        let reason = "timed out after \((timeout ?? .zero).secondsText)s (taskctl wait)"
        do {
            _ = try session.client.json(.task(id, "cancel", json: ["message": .string(reason)]))
            return true
        } catch  where error.isWrongState {
            session.printError(error.message)
            return false
        }
    }
}
