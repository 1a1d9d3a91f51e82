import Tasks

extension Tour {
    /// Values in the order of the arguments, whatever the order of completion.
    static func gathering() async throws {
        chapter("Gather")
        let registry = TaskRegistry()
        let tasks = [3, 1, 2].map { steps in
            registry.spawn { try await count(steps * 100, taking: .steps(steps)) }
        }
        print("values:", try await gather(tasks))  // await asyncio.gather(*tasks)
        print("twice the same:", try await gather([tasks[0], tasks[0]]))

        let (books, place) = try await gather(tasks[1], registry.spawn { "main library" })
        print("different types:", books, "books in the", place)
    }
}
