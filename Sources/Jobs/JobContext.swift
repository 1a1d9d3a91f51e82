package import Model

/// What a handler may know about the task it runs, and the one thing it may tell while it runs: its progress.
package struct JobContext: Sendable {
    /// The task being run.
    package let taskID: TaskID
    /// The task's name, which a check's result is known by.
    package let name: String
    /// The number of this attempt, from 1.
    package let attempt: Int
    /// When this attempt began, as the store has it.
    package let startedAt: Timestamp?
    /// Where relative paths start; absolute.
    package let directory: String
    /// The daemon's own database, which no job may open as a file.
    package let history: String
    /// How long the work may take to end after it was asked to.
    package let grace: Duration
    /// What time is measured with.
    package let clock: any Clock<Duration>
    /// Tells, when an attempt of an earlier daemon is taken over, that it still goes on; one that has ended says so by its end.
    package let goesOn: @Sendable () -> Void
    /// Tells how far the work has come; cheap, may be called often.
    package let report: @Sendable (Progress) -> Void
    /// One element for each cancel request, the first included; ends with the run. A handler that can insist (a second
    /// SIGTERM) listens; one that cannot relies on task cancellation alone.
    package let cancelRequests: AsyncStream<Void>

    /// The context of one attempt.
    package init(
        taskID: TaskID, name: String, attempt: Int, startedAt: Timestamp?, directory: String, history: String,
        grace: Duration,
        clock: any Clock<Duration>, cancelRequests: AsyncStream<Void>, goesOn: @escaping @Sendable () -> Void = {},
        report: @escaping @Sendable (Progress) -> Void
    ) {
        self.taskID = taskID
        self.name = name
        self.attempt = attempt
        self.startedAt = startedAt
        self.directory = directory
        self.history = history
        self.grace = grace
        self.clock = clock
        self.cancelRequests = cancelRequests
        self.goesOn = goesOn
        self.report = report
    }

    /// `path`, made absolute from the job's directory.
    package func absolutePath(_ path: String) -> String {
        path.path(from: directory)
    }
}
