internal import Synchronization

extension TaskHandle {
    /// Calls `callback` with this task once it is done: after the end, never inline, one at a time, in the order of
    /// registration.
    ///
    /// ```swift
    /// task.onDone { task in print(task.name, "is", task.state) }   // task.add_done_callback(report)
    /// ```
    ///
    /// On a task that is done it runs soon. A callback that throws harms nothing: the others still run, the task keeps
    /// its outcome, and the registry's hook hears ``TaskRegistry/Event/callbackFailed(_:name:_:)``. Callbacks run in a
    /// Swift task of their own, which a cancellation does not touch; a slow one holds up those behind it.
    ///
    /// - Returns: What takes this registration back. Source: test_futures.test_callbacks_invoked_on_set_result.
    @discardableResult
    public func onDone(_ callback: @escaping @Sendable (TaskHandle) throws -> Void) -> CallbackToken {
        let (token, startsDrain) = lifecycle.withLock { $0.add(callback) }
        if startsDrain { drainCallbacks() }
        return token
    }

    /// Takes one registration back.
    ///
    /// - Returns: Whether it was there; always `false` once the task is done. Source:
    ///   test_futures.test_remove_done_callback.
    @discardableResult public func removeCallback(_ token: CallbackToken) -> Bool {
        lifecycle.withLock { $0.remove(token) } != nil
    }

    /// Runs the callbacks as no task's body, whichever task started this one or adds a callback to it.
    ///
    /// Source: `asyncio.current_task`, which is None in a callback.
    func drainCallbacks() {
        CurrentTask.$handle.withValue(nil) {
            _ = Task {
                while let callback = lifecycle.withLock({ $0.nextCallback() }) { call(callback) }
                registry.retire(id)
            }
        }
    }

    private func call(_ callback: TaskLifecycle<Success>.Callback) {
        do {
            try callback(self)
        } catch {
            registry.events?.send(.callbackFailed(id, name: name, error))
        }
    }
}
