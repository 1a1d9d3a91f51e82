import Tasks

extension Tour {
    /// Tasks as they complete, with one budget for all.
    static func completing() async throws {
        chapter("As completed")
        let registry = TaskRegistry()
        let tasks = [("west", 3), ("main", 1), ("east", 50)].map { name, steps in
            registry.spawn(name: name) { try await count(steps * 10, taking: .steps(steps)) }
        }
        do {
            // async for task in asyncio.as_completed(tasks, timeout=0.6):
            for try await task in asCompleted(tasks, timeout: .steps(6)) {
                print(task.name, "counted", try await task.value)
            }
        } catch is TimedOut {
            print("timed out; still running:", tasks.filter { !$0.isDone }.map(\.name))
        }
        try await registry.shutdown()
    }
}
