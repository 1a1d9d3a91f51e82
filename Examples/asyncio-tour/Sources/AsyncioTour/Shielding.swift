import Tasks

extension Tour {
    /// An awaiter that gives up leaves a shielded task alone.
    static func shielding() async throws {
        chapter("Shield")
        let registry = TaskRegistry()
        let backup = registry.spawn(name: "backup") { try await count(7, taking: .steps(2)) }
        // await asyncio.shield(backup)
        let awaiter = registry.spawn(name: "awaiter") { try await backup.shieldedValue }
        _ = try await wait([awaiter], timeout: .steps(1))
        awaiter.cancel()
        _ = await awaiter.join()
        print("awaiter is", awaiter.state)
        print("backup was asked to stop", backup.cancelRequests, "times and gives", try await backup.value)
    }
}
