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
        var fractions: [Double] = []
        for await progress in task.progressUpdates { fractions.append(progress.fraction) }
        print("never backwards:", fractions == fractions.sorted())
        print("at the end:", fractions.last ?? 0, "-", task.progress.message ?? "no message")
        let group = GroupProgress(of: [task])
        print("\(group.completed)/\(group.total) complete")
    }
}
