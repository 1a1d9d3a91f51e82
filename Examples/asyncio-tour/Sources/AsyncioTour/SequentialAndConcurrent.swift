import Tasks

extension Tour {
    /// Three waits one after another, then all at once.
    static func sequentialAndConcurrent() async throws {
        chapter("Sequential and concurrent")
        let clock = ContinuousClock()

        var total = 0
        let sequential = try await clock.measure {
            for books in 1...3 { total += try await count(books, taking: .steps(2)) }  // total += await count(books)
        }
        print("sequential counted", total)

        total = 0
        let concurrent = try await clock.measure {
            let tasks = (1...3).map { books in
                // asyncio.create_task(count(books))
                TaskRegistry.shared.spawn { try await count(books, taking: .steps(2)) }
            }
            for task in tasks { total += try await task.value }  // total += await task
        }
        print("concurrent counted", total)
        print("concurrent took less than half of sequential:", concurrent < sequential / 2)
    }
}
