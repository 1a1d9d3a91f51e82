import Tasks

extension Tour {
    /// Reports are pushed, lead forward only, and end with the task.
    static func progress() async throws {
        chapter("Progress")
        let registry = TaskRegistry()
        let task = registry.spawn(name: "books") {
            for shelf in 1...4 {
                try await Task.sleep(for: .steps(1))
                TaskRegistry.current?.progress = Progress(completed: Double(shelf), total: 4, message: "shelf \(shelf)")
            }
        }
        for await progress in task.progressUpdates {
            print("\(Int(progress.fraction * 100)) % \(progress.message ?? "")")
        }
        let group = GroupProgress(of: [task])
        print("\(group.completed)/\(group.total) complete")
    }
}
