internal import Model
internal import Synchronization
internal import Tasks

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
        var requests: Int
        var isTimedOut: Bool
        var isStopped = false
        var heldBack: CompositeJob?
        var progress: Progress?
        var members: MemberProgress?
        var hasUnsavedProgress = false
        var isSavingProgress = false
        var handle: TaskHandle<[TaskRecord]>?
        var lastOrder: Task<TaskRecord, any Error>?

        mutating func take(_ progress: Progress) -> (change: Double, needsSaving: Bool) {
            let change = progress.fraction - (self.progress?.fraction ?? 0)
            self.progress = progress
            hasUnsavedProgress = true
            defer { isSavingProgress = true }
            return (change, !isSavingProgress)
        }
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
                cancelMessage: record.cancelMessage,
                requests: record.cancelRequests - (record.timedOut ? 1 : 0), isTimedOut: record.timedOut,
                progress: record.progress))
        // A request that an earlier daemon took, and may not have passed on.
        if record.cancelRequests > 0 {
            request.yield()
            signal.yield(.cancel)
        }
    }

    /// The message of the first cancel request; `nil` also when that gave none.
    var cancelMessage: String? { state.withLock(\.cancelMessage) }
    /// How many requests to end it there were; its timeout is none of them.
    var requests: Int { state.withLock(\.requests) }
    /// How often it was asked to end, by requests or by its timeout.
    var timesAsked: Int { state.withLock { $0.requests + ($0.isTimedOut ? 1 : 0) } }
    /// Whether the task was asked to end, by a request or by its timeout.
    var isCancelled: Bool { timesAsked > 0 }
    /// Whether it was asked to end because of its timeout.
    var isTimedOut: Bool { state.withLock(\.isTimedOut) }
    /// The composite whose members its limit still holds back although it has ended, or `nil`.
    var heldBack: CompositeJob? {
        get { state.withLock(\.heldBack) }
        set { state.withLock { $0.heldBack = newValue } }
    }

    /// Notes the handle of what runs it.
    func run(as handle: TaskHandle<[TaskRecord]>) {
        state.withLock { $0.handle = handle }
    }

    /// Returns when it has ended and its end is committed.
    func ended() async {
        _ = await state.withLock(\.handle)?.join()
    }

    /// Whether it was asked to end because the daemon stops.
    var isStopped: Bool { state.withLock(\.isStopped) }
}

// MARK: - Telling it

extension LiveTask {
    /// Asks it to end; each further request insists.
    func cancel(message: String?) {
        state.withLock { state in
            if state.requests == 0 { state.cancelMessage = message }
            state.requests += 1
        }
        request.yield()
        signal.yield(.cancel)
    }

    /// Asks it to end because its timeout has passed.
    func expire() {
        state.withLock { $0.isTimedOut = true }
        request.yield()
        signal.yield(.cancel)
    }

    /// Asks it to end because the daemon stops.
    func stop() {
        state.withLock { $0.isStopped = true }
        request.yield()
        signal.yield(.stop)
    }

    /// Gives it an order when the one before is over: what is sent and what is noted of it come in one order.
    func inTurn(_ order: @escaping @Sendable () async throws -> TaskRecord) async throws -> TaskRecord {
        let turn = state.withLock { state in
            let turn = Task { [last = state.lastOrder] in
                _ = await last?.result
                return try await order()
            }
            state.lastOrder = turn
            return turn
        }
        return try await turn.value
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
        /// The members that ended up to this place in completion order have been counted.
        let sequence: Int64

        var progress: Progress {
            Progress(
                completed: Double(completed), total: Double(total), fraction: fractions / Double(max(total, 1)))
        }
    }

    /// Notes how far it says that it has come.
    ///
    /// - Returns: by how much its fraction changed, and whether its progress has to be saved (it is not on its way already).
    func advance(to report: Progress) -> (change: Double, needsSaving: Bool) {
        state.withLock { $0.take(($0.progress ?? .none(inUnitsOf: report)).advanced(to: report)) }
    }

    /// Begins the count of a composite's members.
    ///
    /// - Returns: as ``advance(to:)``.
    func beginMembers(_ members: MemberProgress) -> (change: Double, needsSaving: Bool) {
        state.withLock { state in
            state.members = members
            return state.take(members.progress)
        }
    }

    /// Notes that a member has come further. It goes back when the member is tried again.
    ///
    /// - Parameter end: the member's place in completion order, when it is done.
    /// - Returns: as ``advance(to:)``; `nil` when it counts no members, or has counted that one already.
    func advanceMembers(by fraction: Double, end: Int64?) -> (change: Double, needsSaving: Bool)? {
        state.withLock { state in
            guard var members = state.members, end.map({ $0 > members.sequence }) ?? true else { return nil }
            members.fractions += fraction
            if end != nil { members.completed += 1 }
            state.members = members
            return state.take(members.progress)
        }
    }

    /// How far it has come, or `nil` when nothing was told of that.
    var progress: Progress? { state.withLock(\.progress) }

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

    /// Has ``takeProgress()`` give it once more, as it could not be saved.
    func putBackProgress() {
        state.withLock { $0.hasUnsavedProgress = true }
    }
}
