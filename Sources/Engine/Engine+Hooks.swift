internal import Model
internal import Store
internal import Synchronization
internal import Tasks

extension Engine {
    /// How many `on_done` commands run at once.
    private static let maximumHooks = 8

    /// How long those rest that could not be started: the system lacked something.
    private static let hookRest = Duration.seconds(10)

    /// Runs the `on_done` commands of tasks that are done. A hook is written with the outcome and struck out when it has
    /// run, so that none is forgotten: the store is the queue. Whoever runs it makes sure that none runs twice.
    func hookLoop() async throws {
        for await _ in hooksPending.signals {
            guard !isStopping, mayStart() else { continue }
            let running = hooksRunning.withLock { Set($0.keys) }
            let free = Self.maximumHooks - running.count
            guard free > 0 else { continue }
            for task in try await store.pendingHooks(limit: free, besides: running.union(hookBackoff.resting))
            where !isStopping {
                startHook(of: task)
            }
        }
    }

    /// Has those tried again that could not be started.
    func hookRetryLoop() async throws {
        for await _ in hookBackoff.begun.signals {
            try await configuration.clock.sleep(for: Self.hookRest)
            hookBackoff.end()
            hooksPending.signal()
        }
    }

    /// In a task of its own that a stop waits for, and does not cancel: a hook has its own limit.
    private func startHook(of task: TaskRecord) {
        let handle = registry.spawn(name: "on_done of \(task.id)") { [self] in
            let arguments = task.job["on_done"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let report = await configuration.runHook(arguments, task)
            if !report.hasBegun, hookBackoff.begin(task.id) { return }
            hookBackoff.forget(task.id)
            try await store.completeHook(task.id, result: report.result, at: configuration.now())
        }
        hooksRunning.withLock { $0[task.id] = handle }
        handle.onDone { [self] handle in
            hooksRunning.withLock { $0[task.id] = nil }
            pendingAdoptions.settle(task.id)
            if let failure = try handle.error() { failures.continuation.yield(failure) }
            hooksPending.signal()
        }
    }

    /// Returns when the hooks that run have ended; to be called when no more are started.
    func waitForHooks() async {
        for handle in hooksRunning.withLock({ Array($0.values) }) { _ = await handle.join() }
    }
}
