internal import Glibc
internal import Model

/// A shim at work on an attempt, started by this daemon or by an earlier one.
struct RunningShim: Sendable {
    /// The attempt it works on.
    let attempt: AttemptDirectory
    /// Its process while it is our child and has to be reaped; `nil` for another daemon's.
    private let child: ShimChild?
    /// How another daemon's is known, whatever becomes of its directory.
    private let identity: ShimProcess.Identity?
    /// The FIFO it is asked by.
    private let control: FileIdentity?
    /// What tells of its end.
    private let descriptor: Int32
    /// Whether that is the process itself, and not the FIFO `progress`.
    private let isProcess: Bool

    /// A shim whose end of `progress` is open for reading; the descriptor is closed when the shim has ended.
    ///
    /// - Parameter control: the FIFO it is asked by, by default the one that is there now.
    init(
        attempt: AttemptDirectory, child: ShimChild?, identity: ShimProcess.Identity? = nil, progress: Int32,
        control: FileIdentity? = nil
    ) {
        (self.attempt, self.child, descriptor, isProcess) = (attempt, child, progress, false)
        self.identity = identity
        self.control = control ?? attempt.controlFIFO
    }

    /// A shim whose process is held by a descriptor, which is closed when it has ended; its progress is told to nobody.
    init(attempt: AttemptDirectory, child: ShimChild?, identity: ShimProcess.Identity? = nil, process: Int32) {
        (self.attempt, self.child, descriptor, isProcess) = (attempt, child, process, true)
        self.identity = identity
        control = attempt.controlFIFO
    }

    /// The shim that an earlier daemon left at work on `attempt`; `nil` when there never was one. It may have ended.
    ///
    /// - Throws: an exception when in a minute nobody could tell.
    static func adopting(
        _ attempt: AttemptDirectory, _ clock: any Clock<Duration>
    ) async throws(ExceptionInfo) -> RunningShim? {
        try await retryForAMinute(clock) { () throws(ExceptionInfo) in try adopting(attempt) }
    }

    private static func adopting(_ attempt: AttemptDirectory) throws(ExceptionInfo) -> RunningShim? {
        let identity = try attempt.identifiedShim()
        guard attempt.hasProgress else { return try holding(attempt, identity) }
        do throws(ExceptionInfo) {
            let reader = try Descriptor.opening(attempt.progress, O_RDONLY | O_NONBLOCK)
            return RunningShim(attempt: attempt, child: nil, identity: identity, progress: reader.released())
        } catch {
            // The command may have shut it for everybody; whom the identity names is at work all the same.
            guard identity != nil else { throw error }
            return try holding(attempt, identity)
        }
    }

    /// The shim that is at work on `attempt`, known by its process; `nil` when there is none.
    private static func holding(
        _ attempt: AttemptDirectory, _ identity: ShimProcess.Identity?
    ) throws(ExceptionInfo) -> RunningShim? {
        guard let identity, let process = try ShimProcess.holding(identity) else { return nil }
        return RunningShim(attempt: attempt, child: nil, identity: identity, process: process.released())
    }

    /// Returns when the shim has ended, and so the last process of the command; to be called once.
    ///
    /// The kernel tells of it, and no process number is looked at, so that none can mislead: the shim alone keeps the FIFO
    /// `progress` open for writing, from before its first instruction until it is gone. Where that was removed, its process
    /// tells. Cancelling the calling task changes nothing.
    ///
    /// - Parameter goesOn: is called once it is known to be at work, if it is.
    /// - Returns: the status of a child as waitpid(2) has it; 0 for another daemon's.
    @discardableResult
    func ended(
        _ waiter: ShimWaiter, clock: any Clock<Duration> = ContinuousClock(),
        goesOn: @escaping @Sendable () -> Void = {},
        report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async -> Int32 {
        if isProcess && !isOver { goesOn() }
        await withCheckedContinuation { continuation in
            waiter.watch(descriptor, isProcess: isProcess, goesOn: goesOn) { lines in
                if let progress = Progress(of: lines) { report(progress) }
            } end: {
                continuation.resume()
            }
        }
        close(descriptor)
        // It has closed its files, which is its last act but one: this takes no time worth mentioning.
        if let child { return child.reap() }
        // What had the name of its FIFO may have been something that the command has put there.
        guard !isProcess, let shim = await held(clock) else { return 0 }
        return await shim.ended(waiter, clock: clock, goesOn: goesOn)
    }

    /// The same shim, known by its process; `nil` when it has ended, or when in a minute nobody could tell.
    private func held(_ clock: any Clock<Duration>) async -> RunningShim? {
        do throws(ExceptionInfo) {
            return try await retryForAMinute(clock) { () throws(ExceptionInfo) in try Self.holding(attempt, identity) }
        } catch {
            return nil
        }
    }

    /// Whether it was another daemon's: then something may have taken the place of its FIFO before anybody looked.
    var isAdopted: Bool { child == nil }

    /// Whether what it is asked by is still there, and nothing else in its place.
    var canBeAsked: Bool { control != nil && attempt.hasControl && attempt.controlFIFO == control }

    /// Asks it to end its command, by its process where nothing is left of its directory.
    func terminate() {
        if attempt.send(.terminate) { return }
        if let child {
            child.send(SIGTERM)
        } else if let identity {
            _ = ShimProcess(identity)?.send(SIGTERM)
        }
    }

    /// Whether the process has ended, though nobody may have reaped it yet.
    private var isOver: Bool {
        var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wish, 1, 0) > 0
    }
}
