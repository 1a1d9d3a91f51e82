internal import Synchronization

extension TaskHandle {
    /// The last report, which a body makes through ``TaskRegistry/current``.
    ///
    /// A report may only lead forward: of one that goes back, or claims the end of an unfinished task, only the message
    /// is taken over. Success sets the fraction to 1; failure and cancellation leave it. Setting it on a task that is
    /// done does nothing.
    public var progress: Progress {
        get { lifecycle.withLock(\.progress) }
        set {
            let signals = lifecycle.withLock { $0.report(newValue) }
            for signal in signals { signal.yield() }
        }
    }

    /// The reports from now on, beginning with the present one; ends with the task, however it ends.
    ///
    /// ```swift
    /// for await progress in task.progressUpdates { print(progress.fraction) }
    /// ```
    ///
    /// A reader that is slow sees the newest report and misses those in between, never one out of order. Cancelling the
    /// reader ends its stream and leaves the task alone.
    public var progressUpdates: ProgressUpdates {
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        signal.yield()
        if let number = lifecycle.withLock({ $0.addSignal(signal) }) {
            signal.onTermination = { [weak self] _ in
                _ = self?.lifecycle.withLock { $0.removeSignal(number) }
            }
        } else {
            signal.finish()
        }
        return ProgressUpdates(task: self, signals: signals)
    }
}
