internal import Glibc
internal import Model

/// A shim at work on an attempt, started by this daemon or by an earlier one.
final class RunningShim: Sendable {
    /// The attempt it works on.
    let attempt: AttemptDirectory
    /// Its process number while it is our child and has to be reaped; `nil` for another daemon's.
    private let child: pid_t?
    private let progress: Int32
    /// How the command ended, as the shim said when the last process of it was gone; `nil` when it went without a word.
    private let outcome = Once<ExitRecord?>()
    private let end = Once<Void>()

    /// A shim whose end of `progress` is open for reading; the descriptor is closed when the shim has ended.
    init(attempt: AttemptDirectory, child: pid_t?, progress: Int32) {
        self.attempt = attempt
        self.child = child
        self.progress = progress
    }

    /// The shim that an earlier daemon left at work on `attempt`; `nil` when there never was one. It may have ended.
    static func adopting(_ attempt: AttemptDirectory) -> RunningShim? {
        guard let reader = try? Descriptor.opening(attempt.progress, O_RDONLY | O_NONBLOCK) else { return nil }
        return RunningShim(attempt: attempt, child: nil, progress: reader.released())
    }

    /// Returns when the last process of the command is gone, with what the shim says of it, or when the shim is, with `nil`;
    /// to be called once.
    ///
    /// The shim says it first and makes its record durable then: both can be done at the same time. The kernel tells when
    /// it is gone, and no process number is looked at, so that none can mislead: the shim alone keeps the FIFO `progress`
    /// open for writing, from before its first instruction until it is gone. Cancelling the calling task changes nothing.
    func ended(
        _ waiter: ShimWaiter, report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async -> ExitRecord? {
        waiter.watch(progress, take: { self.take($0, report) }, end: hangUp)
        return await outcome.value
    }

    /// Returns when the shim itself is gone too. Cancelling the calling task changes nothing.
    func gone() async {
        await end.value
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ report: (Progress) -> Void) {
        let said = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        if let latest = Progress(latestOf: said[0]) { report(latest) }
        guard said.count > 1 else { return }
        let lines = String(decoding: said[1], as: UTF8.self).split(separator: "\n")
        if let record = ExitRecord(lines: lines) { outcome.become(record) }
    }

    private func hangUp() {
        close(progress)
        reap()
        outcome.become(nil)
        end.become(())
    }

    /// The shim has closed its files, which is its last act but one: this takes no time worth mentioning.
    private func reap() {
        guard let child else { return }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }
}
