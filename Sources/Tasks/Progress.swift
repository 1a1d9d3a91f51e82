/// How far a task has come, in units of its own choice.
///
/// ```swift
/// TaskRegistry.current?.progress = Progress(completed: 3, total: 5, message: "third shelf")
/// ```
public struct Progress: Sendable, Equatable {
    /// Units done.
    public var completed: Double
    /// Units in all; not positive while unknown.
    public var total: Double
    /// What the task is doing, for people.
    public var message: String?

    /// A report; with no arguments, that of a task which has not begun.
    public init(completed: Double = 0, total: Double = 1, message: String? = nil) {
        self.completed = completed
        self.total = total
        self.message = message
    }

    /// The part done, from 0 to 1; 0 while the total is unknown.
    public var fraction: Double {
        guard total > 0, completed > 0 else { return 0 }
        return min(completed / total, 1)
    }

    /// Takes over a report of a running task: the message always, the units only when they lead forward and do not
    /// claim the end.
    ///
    /// A fraction of 1 belongs to success alone, which ``finish()`` states.
    mutating func advance(to report: Progress) {
        message = report.message
        let isFirst = fraction == 0 && report.fraction == 0
        guard isFirst || report.fraction > fraction, report.fraction < 1 else { return }
        completed = report.completed
        total = report.total
    }

    /// States the end of a successful task.
    mutating func finish() {
        total = total > 0 ? total : 1
        completed = total
    }
}
