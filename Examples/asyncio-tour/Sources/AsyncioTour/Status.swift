import Tasks

extension Tour {
    /// What can be asked of a task without waiting.
    static func status() async throws {
        chapter("Status")
        let registry = TaskRegistry()
        let task = registry.spawn { try await count(9, taking: .steps(1)) }
        do {
            print(try task.result())  // raises asyncio.InvalidStateError
        } catch {
            print("result:", error)
        }
        _ = await task.join()
        print("done:", task.isDone, "- state:", task.state)
        print("result:", try task.result(), "- error:", try task.error() as Any)
    }
}
