import Tasks

extension Tour {
    /// A request, what the body makes of it, and what it does not reach.
    static func cancelling() async throws {
        chapter("Cancellation")
        let registry = TaskRegistry()
        let task = registry.spawn {
            do {
                return try await count(1, taking: .steps(50))
            } catch {
                print("cleaning up after", TaskRegistry.current?.cancelRequests ?? 0, "request")
                throw error
            }
        }
        _ = try await wait([task], timeout: .steps(1))
        print("accepted:", task.cancel(reason: "closing time"))  // task.cancel(msg="closing time")
        do {
            print(try await task.value)
        } catch let cancelled as TaskCancelled {
            print(cancelled)
        }
        print("cancelled:", task.isCancelled, "- again:", task.cancel())

        let stubborn = registry.spawn { (try? await count(1, taking: .steps(50))) ?? -1 }
        _ = try await wait([stubborn], timeout: .steps(1))
        stubborn.cancel()
        print("one that swallows it returns", try await stubborn.value, "and is", stubborn.state)
    }
}
