internal import Model
internal import Synchronization

/// A running task, as long as it runs: how to reach it, and what is known of it beyond its row.
final class LiveTask: Sendable {
    /// What the engine tells a running task.
    enum Signal: Sendable {
        /// It was asked to end, by a request or because its timeout has passed.
        case cancel
        /// A member of it is done.
        case memberEnded(MemberTally.Finished, sequence: Int64)
        /// The daemon stops.
        case stop
    }

    private struct State {
        var cancelMessage: String?
        var isCancelled = false
        var isTimedOut = false
        var isStopped = false
        var heldBack: CompositeJob?
        var progress: Progress?
        var members: MemberProgress?
        var hasUnsavedProgress = false
        var isSavingProgress = false
    }

    let record: TaskRecord
    /// What the engine tells the task, in order.
    let signals: AsyncStream<Signal>
    /// One element for each cancel request, for handlers that can insist.
    let cancelRequests: AsyncStream<Void>
    private let signal: AsyncStream<Signal>.Continuation
    private let request: AsyncStream<Void>.Continuation
    private let state: Mutex<State>

    init(_ record: TaskRecord) {
        self.record = record
        (signals, signal) = AsyncStream.makeStream()
        (cancelRequests, request) = AsyncStream.makeStream()
        state = Mutex(
            State(
                cancelMessage: record.cancelMessage, isCancelled: record.cancelRequests > 0,
                isTimedOut: record.timedOut, progress: record.progress))
        // A request that an earlier daemon took, and may not have passed on.
        if record.cancelRequests > 0 {
            request.yield()
            signal.yield(.cancel)
        }
    }

    /// The message of the first cancel request.
    var cancelMessage: String? { state.withLock(\.cancelMessage) }
    /// Whether the task was asked to end, by a request or by its timeout.
    var isCancelled: Bool { state.withLock(\.isCancelled) }
    /// Whether it was asked to end because of its timeout.
    var isTimedOut: Bool { state.withLock(\.isTimedOut) }
    /// The composite whose members its limit still holds back although it has ended, or `nil`.
    var heldBack: CompositeJob? {
        get { state.withLock(\.heldBack) }
        set { state.withLock { $0.heldBack = newValue } }
    }
    /// Whether it was asked to end because the daemon stops.
    var isStopped: Bool { state.withLock(\.isStopped) }
}

// MARK: - Telling it

extension LiveTask {
    /// Asks it to end; each further request insists.
    func cancel(message: String?) {
        state.withLock { state in
            if state.cancelMessage == nil { state.cancelMessage = message }
            state.isCancelled = true
        }
        request.yield()
        signal.yield(.cancel)
    }

    /// Asks it to end because its timeout has passed.
    func expire() {
        state.withLock { state in
            state.isTimedOut = true
            state.isCancelled = true
        }
        request.yield()
        signal.yield(.cancel)
    }

    /// Asks it to end because the daemon stops.
    func stop() {
        state.withLock { $0.isStopped = true }
        request.yield()
        signal.yield(.stop)
    }

    /// Tells a composite that a member is done.
    func memberEnded(_ member: MemberTally.Finished, sequence: Int64) {
        signal.yield(.memberEnded(member, sequence: sequence))
    }

    /// Ends the streams: nobody listens any more.
    func close() {
        request.finish()
        signal.finish()
    }
}

// MARK: - Progress

extension LiveTask {
    /// The sum a composite's fraction is the mean of.
    struct MemberProgress: Sendable {
        var completed: Int
        let total: Int
        var fractions: Double

        var progress: Progress {
            Progress(
                completed: Double(completed), total: Double(total), fraction: fractions / Double(max(total, 1)))
        }
    }

    /// Notes how far it has come.
    ///
    /// - Returns: by how much its fraction changed, and whether its progress has to be saved (it is not on its way already).
    func advance(to progress: Progress) -> (change: Double, needsSaving: Bool) {
        state.withLock { state in
            let change = progress.fraction - (state.progress?.fraction ?? 0)
            state.progress = progress
            state.hasUnsavedProgress = true
            defer { state.isSavingProgress = true }
            return (change, !state.isSavingProgress)
        }
    }

    /// Begins the count of a composite's members.
    func beginMembers(_ members: MemberProgress) {
        state.withLock { $0.members = members }
    }

    /// Notes that members have come further, or are done.
    ///
    /// - Returns: as ``advance(to:)``; `nil` when it counts no members.
    func advanceMembers(by fraction: Double, completed: Int) -> (change: Double, needsSaving: Bool)? {
        let progress = state.withLock { state in
            state.members?.fractions += fraction
            state.members?.completed += completed
            return state.members?.progress
        }
        return progress.map(advance(to:))
    }

    /// The fraction it has reached.
    var fraction: Double { state.withLock { $0.progress?.fraction ?? 0 } }

    /// The progress to save next, taken once; `nil` ends the saving until there is more.
    func takeProgress() -> Progress? {
        state.withLock { state in
            guard state.hasUnsavedProgress else {
                state.isSavingProgress = false
                return nil
            }
            state.hasUnsavedProgress = false
            return state.progress
        }
    }
}
