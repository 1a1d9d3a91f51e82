internal import Model
internal import Store

extension Engine {
    /// How many `on_done` commands run at once.
    private static let maximumHooks = 8

    /// Runs the `on_done` commands of tasks that are done. A hook is written with the outcome and struck out when it has
    /// run, so that it runs at least once, whatever happens to the daemon in between.
    func hookLoop() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var running = 0
            for await task in hooks.stream {
                if running == Self.maximumHooks {
                    try await group.next()
                    running -= 1
                }
                group.addTask { try await self.runHook(of: task) }
                running += 1
            }
        }
    }

    private func runHook(of task: TaskRecord) async throws {
        guard let arguments = task.job["on_done"]?.arrayValue?.compactMap(\.stringValue) else { return }
        let result = await configuration.runHook(arguments, task)
        try await store.completeHook(task.id, result: result, at: configuration.now())
    }
}
