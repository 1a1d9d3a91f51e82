/// The state machine of one task.
///
/// Each method is one transition and returns what the caller must do after unlocking.
struct TaskLifecycle<Success: Sendable>: Sendable {
    typealias Callback = @Sendable (TaskHandle<Success>) throws -> Void

    /// What is due once the task has ended.
    struct Completion {
        var state: RunState
        var observers: [@Sendable (RunState) -> Void]
        var progressSignals: [AsyncStream<Void>.Continuation]
        var startsDrain: Bool
    }

    private enum Phase {
        case scheduled, running
        case done(TaskOutcome<Success>)
    }

    var name: String?
    private(set) var cancelRequests = 0
    private(set) var cancelReason: String?
    /// Whether someone has seen the error, or has promised to answer for it.
    var isRead = false
    private(set) var progress = Progress()
    private var phase = Phase.scheduled
    private var runner: Task<Void, Never>?
    /// Hash of the Swift task the body runs in, to tell an awaiter that it is this task itself.
    private(set) var runnerIdentity: Int?
    private var observers = Observers()
    private var callbacks = SerialQueue<Callback>()
    private var progressSignals: [UInt64: AsyncStream<Void>.Continuation] = [:]
    private var lastSignal: UInt64 = 0

    init(name: String?) {
        self.name = name
    }

    var outcome: TaskOutcome<Success>? {
        guard case .done(let outcome) = phase else { return nil }
        return outcome
    }

    var state: RunState {
        switch phase {
        case .scheduled: .scheduled
        case .running: .running
        case .done(let outcome): outcome.state
        }
    }

    var observerCount: Int { observers.count + progressSignals.count }

    // MARK: - Running

    /// Keeps the Swift task that runs the body; returns whether to cancel it, because a request came before it was
    /// here.
    mutating func adopt(_ runner: Task<Void, Never>) -> Bool {
        guard outcome == nil else { return false }
        self.runner = runner
        return cancelRequests > 0
    }

    /// Moves from scheduled to running; returns `false` if a request came first, and the body must not run.
    mutating func begin(identity: Int?) -> Bool {
        guard cancelRequests == 0 else { return false }
        phase = .running
        runnerIdentity = identity
        return true
    }

    mutating func finish(_ outcome: TaskOutcome<Success>) -> Completion {
        phase = .done(outcome)
        runner = nil
        runnerIdentity = nil
        if outcome.state == .succeeded { progress.finish() }
        let signals = progressSignals
        progressSignals = [:]
        return Completion(
            state: outcome.state, observers: observers.removeAll(), progressSignals: Array(signals.values),
            startsDrain: callbacks.startDrain())
    }

    /// Counts one request, which a task that is done does not accept; returns the Swift task to cancel, if it is known yet.
    mutating func cancel(reason: String?) -> (isAccepted: Bool, runner: Task<Void, Never>?) {
        guard outcome == nil else { return (false, nil) }
        cancelRequests += 1
        cancelReason = cancelReason ?? reason
        return (true, runner)
    }

    // MARK: - Observers and callbacks

    /// Registers an observer; returns the final state instead if there will be no end to tell.
    mutating func attach(_ observer: @escaping @Sendable (RunState) -> Void) -> (ObserverToken?, RunState?) {
        guard let outcome else { return (observers.add(observer), nil) }
        return (nil, outcome.state)
    }

    mutating func detach(_ token: ObserverToken) -> (@Sendable (RunState) -> Void)? {
        observers.remove(token)
    }

    /// Queues a callback; returns its token, and whether a drain must be started for it.
    mutating func add(_ callback: @escaping Callback) -> (token: CallbackToken, startsDrain: Bool) {
        let token = CallbackToken(number: callbacks.add(callback))
        return (token, outcome != nil && callbacks.startDrain())
    }

    /// Takes a callback back; `nil` if it is unknown or the task is done.
    mutating func remove(_ token: CallbackToken) -> Callback? {
        guard outcome == nil else { return nil }
        return callbacks.remove(token.number)
    }

    /// The next callback of the drain under way; `nil` ends that drain.
    mutating func nextCallback() -> Callback? {
        callbacks.next()
    }

    // MARK: - Progress

    /// Takes over a report; returns the streams to wake.
    mutating func report(_ report: Progress) -> [AsyncStream<Void>.Continuation] {
        guard outcome == nil else { return [] }
        progress.advance(to: report)
        return Array(progressSignals.values)
    }

    /// Registers a stream of reports; returns its number, or `nil` if the task is done and none will come.
    mutating func addSignal(_ signal: AsyncStream<Void>.Continuation) -> UInt64? {
        guard outcome == nil else { return nil }
        lastSignal += 1
        progressSignals[lastSignal] = signal
        return lastSignal
    }

    mutating func removeSignal(_ number: UInt64) -> AsyncStream<Void>.Continuation? {
        progressSignals.removeValue(forKey: number)
    }
}
