internal import Synchronization

extension TaskHandle {
    /// Waits for the end and gives the value.
    ///
    /// Cancelling the awaiter cancels this task, and the wait goes on to its end.
    ///
    /// ```swift
    /// let page = try await fetch.value   // page = await fetch
    /// ```
    ///
    /// If the task ends with a value in spite of the cancellation, the awaiter gets that value.
    ///
    /// - Throws: The task's own error, ``TaskCancelled`` if it was cancelled, ``InvalidState`` if a body awaits its own
    ///   task, `CancellationError` if the awaiter was cancelled too late to cancel the task, or if its scope is ending
    ///   because this task failed. Source: test_tasks.test_cancel_awaited_task.
    public var value: Success {
        get async throws { try await ending().get() }
    }

    /// Waits for the end and gives the value.
    ///
    /// Cancelling the awaiter ends the wait at once and leaves this task alone.
    ///
    /// ```swift
    /// let page = try await fetch.shieldedValue   // page = await asyncio.shield(fetch)
    /// ```
    ///
    /// - Throws: `CancellationError` if the awaiter is cancelled, else as ``value``. Source:
    ///   test_tasks.test_shield_effect.
    public var shieldedValue: Success {
        get async throws {
            if isDone { return try await value }
            try checkAwaiter()
            let wake = Wake()
            let token = attach { _ in wake.wake(.signalled) }
            let reason = await wake.wait()
            if let token { detach(token) }
            guard reason == .signalled else { throw CancellationError() }
            return try await value
        }
    }

    /// Waits for the end, come what may: never throws, and cancelling the awaiter changes nothing.
    ///
    /// A body that joins its own task gets a failure with ``InvalidState`` instead of waiting for ever.
    public func join() async -> TaskOutcome<Success> {
        while true {
            if let outcome { return outcome }
            do { try checkAwaiter() } catch { return .failure(error) }
            await withCheckedContinuation { continuation in
                _ = attach { _ in continuation.resume() }
            }
        }
    }

    /// Waits for the end; cancelling the awaiter cancels this task and hands its reason down.
    ///
    /// - Throws: `CancellationError` when the awaiter is cancelled after the task has ended and before it was told so, as
    ///   the body of a scope is whose member fails: what nobody can cancel any more cannot take the cancellation over.
    ///   Source: `Task.cancel` and `_must_cancel` of CPython's tasks.py. Else as ``checkInterruption()``.
    func ending() async throws -> TaskOutcome<Success> {
        if let outcome {
            try checkInterruption()
            return outcome
        }
        try checkAwaiter()
        let awaiter = CurrentTask.handle
        let cameTooLate = Mutex(false)
        let outcome = await withTaskCancellationHandler {
            await join()
        } onCancel: {
            if !cancel(reason: awaiter?.cancelReason) { cameTooLate.withLock { $0 = true } }
        }
        if cameTooLate.withLock({ $0 }) { throw CancellationError() }
        try checkInterruption()
        return outcome
    }
}

extension TaskHandle: WaitableTask {
    func attach(_ observer: @escaping @Sendable (RunState) -> Void) -> ObserverToken? {
        let (token, final) = lifecycle.withLock { $0.attach(observer) }
        if let final { observer(final) }
        return token
    }

    func detach(_ token: ObserverToken) {
        _ = lifecycle.withLock { $0.detach(token) }
    }

    func markRead() {
        lifecycle.withLock { $0.isRead = true }
    }

    var runnerIdentity: Int? { lifecycle.withLock(\.runnerIdentity) }
}
