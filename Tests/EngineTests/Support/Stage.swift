import Engine
import Jobs
import Model
import Synchronization

/// Where jobs are played: each run stands still until the test says how it ends, and the test can wait for what it does.
final class Stage: Sendable {
    /// Something a test can wait for; it stays true once it has happened.
    enum Moment: Sendable, Hashable {
        case started(String, attempt: Int)
        /// The run's Swift task was cancelled.
        case cancelled(String)
        /// The run was told of its request number so-and-so.
        case asked(String, times: Int)
        /// An earlier daemon's run was taken over.
        case resumed(String)
        /// The hook of a task was run.
        case hooked(String)
    }

    private struct State {
        var endings: [String: RunReport] = [:]
        var waiting: [String: CheckedContinuation<RunReport, Never>] = [:]
        var contexts: [String: JobContext] = [:]
        var stubborn: Set<String> = []
        var orphans: Set<String> = []
        var isClosed = false
        var running = 0
        var peak = 0
        var order: [String] = []
        var hooks: [(arguments: [String], task: TaskRecord)] = []
        var moments: Set<Moment> = []
        var watchers: [Moment: [CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Mutex(State())

    /// The names in the order their runs began.
    var order: [String] { state.withLock(\.order) }
    /// How many runs stood on the stage at once, at most.
    var peak: Int { state.withLock(\.peak) }
    /// The hooks that were run.
    var hooks: [(arguments: [String], task: TaskRecord)] { state.withLock(\.hooks) }

    /// Whether `moment` has happened.
    func has(_ moment: Moment) -> Bool { state.withLock { $0.moments.contains(moment) } }

    /// Waits until `moment` has happened.
    func until(_ moment: Moment) async {
        await withCheckedContinuation { continuation in
            let isPast = state.withLock { state in
                guard !state.moments.contains(moment) else { return true }
                state.watchers[moment, default: []].append(continuation)
                return false
            }
            if isPast { continuation.resume() }
        }
    }

    /// Waits until the run `attempt` of `name` has begun.
    func started(_ name: String, attempt: Int = 1) async {
        await until(.started(name, attempt: attempt))
    }

    /// Ends the run `attempt` of `name`, or has it end as soon as it begins.
    ///
    /// - Parameter wasAsked: whether it was asked to end before it did.
    func end(
        _ name: String, attempt: Int = 1, _ outcome: Outcome, detail: JSONObject? = nil, at end: Timestamp? = nil,
        wasAsked: Bool = false
    ) {
        let key = Self.key(name, attempt)
        var report = RunReport(outcome, detail: detail)
        report.endedAt = end
        report.wasAskedToEnd = wasAsked
        let waiting = state.withLock { [report] state in
            if state.endings[key] == nil { state.endings[key] = report }
            return state.waiting.removeValue(forKey: key)
        }
        waiting?.resume(returning: report)
    }

    /// Lets runs of `name` go on when they are cancelled, until the test ends them.
    func makeStubborn(_ name: String) { state.withLock { _ = $0.stubborn.insert(name) } }

    /// Has runs of `name` be gone when another daemon looks for them.
    func orphan(_ name: String) { state.withLock { _ = $0.orphans.insert(name) } }

    /// Tells how far the run of `name` has come.
    func report(_ progress: Progress, by name: String) {
        state.withLock { $0.contexts[name] }?.report(progress)
    }

    /// Ends every run, now and later.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            // They know the engine, which knows the stage.
            state.contexts = [:]
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: RunReport(.cancelled(.cancelled(nil)))) }
    }

    fileprivate func happen(_ moment: Moment) {
        let watchers = state.withLock { state in
            state.moments.insert(moment)
            return state.watchers.removeValue(forKey: moment) ?? []
        }
        for watcher in watchers { watcher.resume() }
    }

    private static func key(_ name: String, _ attempt: Int) -> String { "\(name)#\(attempt)" }
}

// MARK: - The play

extension Stage: JobHandler {
    func run(_ context: JobContext) async -> RunReport {
        let key = Self.key(context.name, context.attempt)
        state.withLock { state in
            state.order.append(context.name)
            if !state.isClosed { state.contexts[context.name] = context }
            state.running += 1
            state.peak = max(state.peak, state.running)
        }
        happen(.started(context.name, attempt: context.attempt))
        // Ends with the stream, which the engine closes once the run is over.
        Task {
            var times = 0
            for await _ in context.cancelRequests {
                times += 1
                happen(.asked(context.name, times: times))
            }
        }
        let report = await withTaskCancellationHandler {
            await withCheckedContinuation { park(key, $0) }
        } onCancel: {
            if !state.withLock({ $0.stubborn.contains(context.name) }) {
                end(context.name, attempt: context.attempt, .cancelled(.cancelled(nil)))
            }
            happen(.cancelled(context.name))
        }
        state.withLock { $0.running -= 1 }
        return report
    }

    func resume(_ context: JobContext) async -> RunReport? {
        happen(.resumed(context.name))
        guard !state.withLock({ $0.orphans.contains(context.name) }) else { return nil }
        let hasEnded = state.withLock { $0.endings[Self.key(context.name, context.attempt)] != nil }
        if !hasEnded { context.goesOn() }
        return await run(context)
    }

    private func park(_ key: String, _ continuation: CheckedContinuation<RunReport, Never>) {
        let ending: RunReport? = state.withLock { state in
            if let ending = state.endings[key] { return ending }
            if state.isClosed { return RunReport(.cancelled(.cancelled(nil))) }
            state.waiting[key] = continuation
            return nil
        }
        if let ending { continuation.resume(returning: ending) }
    }

    func runHook(_ arguments: [String], _ task: TaskRecord) -> HookReport {
        state.withLock { $0.hooks.append((arguments, task)) }
        happen(.hooked(task.name))
        return HookReport(["exit_code": 0])
    }
}
