import Tasks

extension Tour {
    /// Names, the list of what runs, callbacks, and a task nobody holds.
    static func registryAndCallbacks() async throws {
        chapter("Registry and callbacks")
        let registry = TaskRegistry()
        let main = registry.spawn(name: "count main") { try await count(1200, taking: .steps(1)) }
        // asyncio.create_task(...), and the task is not stored
        registry.spawn(name: "background") { try await count(1, taking: .steps(1)) }
        print("running:", registry.all.map(\.name).joined(separator: ", "))  // asyncio.all_tasks()

        main.onDone { task in print("callback:", task.name, task.state) }  // main.add_done_callback(...)
        main.name = "count main library"  // main.set_name(...)
        print("done already:", main.isDone)
        try await registry.shutdown(cancelling: false)
        print("result:", try main.result())
        print("running afterwards:", registry.all.count)
    }
}
