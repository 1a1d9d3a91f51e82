package import Jobs
package import Logging
package import Model

/// What an engine needs to know, given once by whoever puts it together.
package struct EngineConfiguration: Sendable {
    /// How many tasks may run at once, over all queues; composites are not counted.
    package var maximumRunning: Int
    /// Where relative paths start when a submission does not say.
    package var directory: String
    /// What durations are measured with.
    package var clock: any Clock<Duration>
    /// What instants are read from.
    package var now: @Sendable () -> Timestamp
    /// Emits whenever somebody may have set the wall clock.
    package var clockSteps: AsyncStream<Void>
    /// A random number between 0 and 1, for the jitter of retries.
    package var randomness: @Sendable () -> Double
    /// The handler that does a job; never asked about composites.
    package var handler: @Sendable (Job) -> any JobHandler
    /// Runs the `on_done` command of a task that is done, and returns what came of it.
    package var runHook: @Sendable (_ arguments: [String], _ task: TaskRecord) async -> HookReport
    /// Where attempts and their output are kept.
    package var directories: TaskDirectories
    /// How much of the history is kept.
    package var retention: Retention
    /// What a user may take at once; `nil` for one who is not limited.
    package var limits: @Sendable (_ uid: UInt32) -> UserLimits?
    /// Removes the output of tasks that are removed from the store.
    package var removeOutput: @Sendable ([TaskID]) async throws -> Void
    /// Called once, when every task of an earlier daemon has been adopted or has ended.
    package var onAdoptionComplete: @Sendable () -> Void
    /// Gets what happens to each task, as details, and failures that stop nothing, as warnings.
    package var logger: Logger

    /// A configuration with every part given; time is the system's unless said otherwise.
    package init(
        maximumRunning: Int, directory: String, retention: Retention = Retention(),
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        clockSteps: AsyncStream<Void> = AsyncStream { $0.finish() },
        randomness: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        handler: @escaping @Sendable (Job) -> any JobHandler,
        runHook: @escaping @Sendable (_ arguments: [String], _ task: TaskRecord) async -> HookReport,
        directories: TaskDirectories,
        limits: @escaping @Sendable (_ uid: UInt32) -> UserLimits? = { _ in nil },
        onAdoptionComplete: @escaping @Sendable () -> Void = {},
        logger: Logger
    ) {
        self.maximumRunning = maximumRunning
        self.directory = directory
        self.retention = retention
        self.clock = clock
        self.now = now
        self.clockSteps = clockSteps
        self.randomness = randomness
        self.handler = handler
        self.runHook = runHook
        self.directories = directories
        self.limits = limits
        removeOutput = { try await directories.remove($0) }
        self.onAdoptionComplete = onAdoptionComplete
        self.logger = logger
    }

    /// Logs a failure that stops nothing.
    func warn(_ message: String) {
        logger.warning("\(message)")
    }
}
