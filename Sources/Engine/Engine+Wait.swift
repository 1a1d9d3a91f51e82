package import Model
internal import Store

extension Engine {
    /// Waits for tasks as `asyncio.wait` does: never cancels, never fails for a task's failure.
    ///
    /// - Returns: the tasks that are done and those that are not when the wait is over, each in the order asked for; those that
    ///   were pruned meanwhile are in neither.
    /// - Throws: ``UnknownTask`` when one of them does not exist; ``EngineError`` when the daemon stops; ``StoreError``;
    ///   `CancellationError` when the caller is cancelled.
    @discardableResult
    package func wait(_ request: WaitRequest) async throws -> (done: [TaskID], pending: [TaskID]) {
        try await waiting(for: request.ids, timeout: request.timeout) { waiter in
            let states = try await self.store.states(request.ids)
            if !request.returnWhen.isSatisfied(by: states), request.timeout != .zero {
                var pending = Set(zip(request.ids, states).filter { !$1.isDone }.map(\.0))
                for await completion in waiter.completions {
                    pending.remove(completion.id)
                    // Beside this one only unfinished tasks have to be imagined: one stands for all of them.
                    if pending.isEmpty || request.returnWhen.isSatisfied(by: [completion.state, .running]) { break }
                }
                try Task.checkCancellation()
            }
            let standing = try await self.store.knownStates(request.ids)
            try self.checkIsServing(request.returnWhen.isSatisfied(by: standing.map(\.state)), request.timeout)
            return (standing.filter { $0.state.isDone }.map(\.id), standing.filter { !$0.state.isDone }.map(\.id))
        }
    }

    /// How many tasks somebody waits for.
    package var waitedFor: Int { completions.count }

    /// A wait that ended before its time because the daemon stops goes on at the next daemon, not here.
    private func checkIsServing(_ isSatisfied: Bool, _ timeout: Duration?) throws {
        guard isStopping, !isSatisfied, timeout != .zero else { return }
        throw EngineError.stopping
    }

    /// Gives `each` the tasks in the order they are done, those done already first, as `asyncio.as_completed` does.
    ///
    /// One that does not exist, or was pruned before it could be told, is left out.
    /// - Returns: the tasks that were not done when `timeout` had passed, in the order asked for; empty when all were.
    /// - Throws: what `each` throws; ``EngineError`` when the daemon stops; `CancellationError`.
    package func asCompleted(
        _ ids: [TaskID], timeout: Duration?, _ each: @escaping @Sendable (TaskID) async throws -> Void
    ) async throws -> [TaskID] {
        try await waiting(for: ids, timeout: timeout) { waiter in
            var (done, unfinished, sequence) = try await self.store.completed(ids)
            var pending = Set(unfinished)
            for task in done { try await each(task) }
            var completions = waiter.completions.makeAsyncIterator()
            while !pending.isEmpty, timeout != .zero, let completion = await completions.next() {
                if completion.sequence > sequence {
                    // Read from the log, not from the signals: those of one commit may come in any order.
                    (done, sequence) = try await self.store.completed(among: pending, after: sequence)
                    for task in done { try await each(task) }
                    pending.subtract(done)
                }
                // It has been told, or there is nothing to tell of it any more.
                pending.remove(completion.id)
            }
            try Task.checkCancellation()
            try self.checkIsServing(pending.isEmpty, timeout)
            return ids.filter(pending.contains)
        }
    }

    /// Does `work` with a waiter for `ids` whose stream ends when `timeout` has passed.
    private func waiting<Value: Sendable>(
        for ids: [TaskID], timeout: Duration?,
        _ work: @escaping @Sendable (Completions.Waiter) async throws -> Value
    ) async throws -> Value {
        let waiter = completions.begin(ids)
        defer { completions.end(waiter) }
        guard let timeout, timeout > .zero else { return try await work(waiter) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [clock = configuration.clock] in
                try await clock.sleep(for: timeout)
                waiter.expire()
            }
            defer { group.cancelAll() }
            return try await work(waiter)
        }
    }
}
