import Tasks

extension Tour {
    /// Tasks that end together, well or badly.
    static func scopes() async throws {
        chapter("Task scope")
        let total = try await withTaskScope { scope in  // async with asyncio.TaskGroup() as tg:
            let books = try scope.spawn { try await count(20, taking: .steps(1)) }  // tg.create_task(...)
            let films = try scope.spawn { try await count(22, taking: .steps(1)) }
            return try await books.value + films.value
        }
        print("counted", total)

        do {
            try await withTaskScope { scope in
                let slow = try scope.spawn { try await count(1, taking: .steps(50)) }
                try scope.spawn { try await countDamaged(taking: .steps(1)) }
                _ = await slow.join()
                print("the sibling is", slow.state)
            }
        } catch let group as TaskGroupError {  // except* CatalogueError:
            print(group)
        }
    }
}
