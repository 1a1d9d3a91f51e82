internal import Glibc
internal import Model

/// Waits for the shim of a command or a hook, and sees to it that what it is asked is done.
struct Supervisor {
    let executor: Executor
    let clock: any Clock<Duration>
    /// How long after the request to end its processes are killed.
    let grace: Duration
    /// What none but its processes have; see ``Executor/mark(of:begunAt:)``.
    let mark: UInt64

    /// How long after the grace a shim may still be at work, before it is looked at.
    private static let patience = Duration.seconds(2)

    /// How often an adopted one is looked at, once a second, before it has to end whatever it does.
    private static let maximumChecks = 10

    /// Returns when the shim has ended, and with it the last process of its tree, unless it was killed.
    ///
    /// Cancelling the calling task sends TERM to the processes, and KILL after the grace; each further one of `requests` sends
    /// TERM again.
    /// - Parameter goesOn: is called once it is known to be at work, if it is.
    func wait(
        for shim: RunningShim, requests: AsyncStream<Void> = AsyncStream { $0.finish() },
        goesOn: @escaping @Sendable () -> Void = {}, report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async {
        let relay = CancelRelay(shim) { await outlast(shim) }
        let listener = Task { for await _ in requests { relay.heardRequest() } }
        await withTaskCancellationHandler {
            _ = await shim.ended(executor.waiter, clock: clock, goesOn: goesOn, report: report)
        } onCancel: {
            relay.taskWasCancelled()
        }
        listener.cancel()
        await listener.value
        await relay.end()
    }

    /// Ends what is left of the tree of `attempt`, whose shim has ended; until it has, its end must not be told.
    ///
    /// - Returns: whether there was something.
    /// - Throws: an exception when that could not be done in a minute.
    @discardableResult
    func recover(_ attempt: AttemptDirectory) async throws(ExceptionInfo) -> Bool {
        try await retryForAMinute(clock) { () async throws(ExceptionInfo) in try await recoverOnce(attempt) }
    }

    /// Does the same, but throws at once what it cannot do now.
    func recoverOnce(_ attempt: AttemptDirectory) async throws(ExceptionInfo) -> Bool {
        try await Recovery(attempt: attempt, mark: mark).run(by: executor)
    }

    /// Ends what keeps its shim from hearing that it is to end, and with it the shim.
    private func outlast(_ shim: RunningShim) async {
        try? await clock.sleep(for: grace + Self.patience)
        var (wasStopped, looks) = (false, 0)
        while !Task.isCancelled {
            // One that cannot be asked was sent a signal instead, which the grace was for. One that can be is at work: what it
            // has killed may be asleep in the kernel for long. Of an adopted one, only that shows it.
            let isStopped = shim.attempt.isShimStopped
            let isDeaf = shim.isAdopted && looks >= Self.maximumChecks && !shim.attempt.isCommandUninterruptible
            // What cannot be started now is tried again in a second.
            if wasStopped && isStopped || !shim.canBeAsked || isDeaf { _ = try? await recoverOnce(shim.attempt) }
            shim.attempt.wakeShim()
            (wasStopped, looks) = (isStopped, looks + 1)
            try? await clock.sleep(for: .seconds(1))
        }
    }
}
