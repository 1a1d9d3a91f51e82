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
    /// An element each time that somebody may have set that.
    package var clockSteps: AsyncStream<Void>
    /// A number between 0 and 1 for the part of a retry's rest that is left to chance.
    package var chance: @Sendable () -> Double
    /// The handler that does a job; never asked about composites.
    package var handler: @Sendable (Job) -> any JobHandler
    /// Runs the `on_done` command of a task that is done, and answers what came of it.
    package var runHook: @Sendable (_ arguments: [String], _ task: TaskRecord) async -> HookReport
    /// Where an attempt at a command is kept, and where it can be reached.
    package var attempt: @Sendable (TaskRecord) -> AttemptDirectory
    /// Where the `on_done` command of a task is kept, and where it can be reached.
    package var hook: @Sendable (TaskID) -> AttemptDirectory
    /// What is kept of the history without anybody asking.
    package var retention: Retention
    /// What a user may take at once; `nil` for one who is not limited.
    package var limits: @Sendable (_ uid: UInt32) -> UserLimits?
    /// The tasks that have left something on the disk.
    package var tasksWithOutput: @Sendable () async throws -> [TaskID]
    /// Moves what tasks have left to where nobody looks for it.
    package var setOutputAside: @Sendable ([TaskID]) async throws -> Void
    /// Removes what tasks have left, once they are removed from the store.
    package var removeOutput: @Sendable ([TaskID]) async throws -> Void
    /// Is called once nothing that ran under an earlier daemon is in doubt any more.
    package var tookOver: @Sendable () -> Void
    /// Where it is noted what happens to which task, for whoever asks for such detail.
    package var logger: Logger
    /// Tells whoever runs the daemon of something that did not work and stops nothing.
    package var warn: @Sendable (String) -> Void

    /// A configuration with every part given; time is the system's unless said otherwise.
    package init(
        maximumRunning: Int, directory: String, retention: Retention = Retention(),
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Timestamp = { .now() },
        clockSteps: AsyncStream<Void> = AsyncStream { $0.finish() },
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        handler: @escaping @Sendable (Job) -> any JobHandler,
        runHook: @escaping @Sendable (_ arguments: [String], _ task: TaskRecord) async -> HookReport,
        attempt: @escaping @Sendable (TaskRecord) -> AttemptDirectory = {
            AttemptDirectory(state: "/", task: $0.id, attempt: $0.attempt)
        },
        hook: @escaping @Sendable (TaskID) -> AttemptDirectory = { .hook(state: "/", task: $0) },
        limits: @escaping @Sendable (_ uid: UInt32) -> UserLimits? = { _ in nil },
        tasksWithOutput: @escaping @Sendable () async throws -> [TaskID] = { [] },
        setOutputAside: @escaping @Sendable ([TaskID]) async throws -> Void = { _ in },
        removeOutput: @escaping @Sendable ([TaskID]) async throws -> Void = { _ in },
        tookOver: @escaping @Sendable () -> Void = {},
        logger: Logger = Logger(label: "taskd.engine", factory: { _ in SwiftLogNoOpLogHandler() }),
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.maximumRunning = maximumRunning
        self.directory = directory
        self.retention = retention
        self.clock = clock
        self.now = now
        self.clockSteps = clockSteps
        self.chance = chance
        self.handler = handler
        self.runHook = runHook
        self.attempt = attempt
        self.hook = hook
        self.limits = limits
        self.tasksWithOutput = tasksWithOutput
        self.setOutputAside = setOutputAside
        self.removeOutput = removeOutput
        self.tookOver = tookOver
        self.logger = logger
        self.warn = warn
    }
}
