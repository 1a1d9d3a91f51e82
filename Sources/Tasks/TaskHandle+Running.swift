internal import Synchronization

extension TaskHandle {
    /// Schedules `body`.
    ///
    /// Called once, by whoever made the handle, after it is where a cancellation can find it.
    func start(
        priority: TaskPriority?, body: sending @escaping @isolated(any) () async throws -> Success
    ) {
        let runner = Task(priority: priority) {
            await self.run(body)
        }
        if lifecycle.withLock({ $0.adopt(runner) }) { runner.cancel() }
    }

    private func run(_ body: @isolated(any) () async throws -> Success) async {
        guard await begin(on: body.isolation) else {
            finish(.cancelled(reason: cancelReason))
            return
        }
        do {
            finish(.success(try await CurrentTask.$handle.withValue(self) { try await body() }))
        } catch {
            finish(TaskOutcome(thrown: error, reason: cancelReason))
        }
    }

    /// Begins where the body will run, so that whoever spawns a task from there can cancel it unbegun.
    private func begin(on isolation: isolated (any Actor)?) async -> Bool {
        let identity = CurrentTask.identity
        return lifecycle.withLock { $0.begin(identity: identity) }
    }

    /// Ends the task: one locked transition, then everyone is told on no lock.
    ///
    /// Registry and scope let go of the task before anyone is told, who then finds it gone; but a task with callbacks
    /// leaves the registry when they have run, so that a shutdown waits for them.
    private func finish(_ outcome: TaskOutcome<Success>) {
        let ending = lifecycle.withLock { $0.finish(outcome) }
        registry.events?.send(.finished(id, name: name, ending.state))
        if !ending.startsDrain { registry.retire(id) }
        scope?.memberEnded(self, failure: outcome.failure)
        for observer in ending.observers { observer(ending.state) }
        for signal in ending.progressSignals {
            signal.yield()
            signal.finish()
        }
        if ending.startsDrain { drainCallbacks() }
    }
}
