/// The combined progress of several tasks.
///
/// No counterpart in asyncio.
public struct GroupProgress: Sendable, Equatable {
    /// Tasks that have ended, however they ended.
    public let completed: Int
    /// Tasks in all.
    public let total: Int
    /// The mean of the tasks' fractions, from 0 to 1; 0 if there are none.
    public let fraction: Double

    init(completed: Int, total: Int, fractions: Double) {
        self.completed = completed
        self.total = total
        fraction = total > 0 ? fractions / Double(total) : 0
    }

    /// The state of these tasks at this moment.
    ///
    /// ```swift
    /// let progress = GroupProgress(of: tasks)
    /// print("\(progress.completed)/\(progress.total) complete")
    /// ```
    public init(of tasks: [any AnyTask]) {
        self.init(
            completed: tasks.count(where: \.isDone), total: tasks.count,
            fractions: tasks.reduce(0) { $0 + $1.progress.fraction })
    }
}
