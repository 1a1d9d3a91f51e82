internal import Jobs
package import Model
package import Store
internal import Synchronization
internal import Tasks

/// The number of a stored task; in this module it never means the number of an in-process one.
package typealias TaskID = Model.TaskID
/// How far a stored task has come.
package typealias Progress = Model.Progress

/// When things run: submits, schedules, composes, cancels, times out, retries, waits and recovers.
///
/// Every running task is a handle in a registry of strong references. Its body runs the job and commits the outcome; then
/// the handle's done-callbacks tell the waiters, the parent, the hooks and the next in the queue. So nobody is told an
/// outcome that is not on disk.
package final class Engine: Sendable {
    package let store: Store
    let configuration: EngineConfiguration
    let registry = TaskRegistry()
    let live = LiveTasks()
    let completions = Completions()
    let pendingAdoptions = PendingAdoptions()
    let usage: Usage
    /// Given when a task may have become ready or a slot free.
    let readiness = WakeSignal()
    /// Given when a task may have been put to sleep.
    let alarm = WakeSignal()
    /// Given when there may be an `on_done` command to run.
    let hooksPending = WakeSignal()
    /// Given when less is started than there are slots for because the disk is full, or nearly.
    let shortage = WakeSignal()
    /// Given when a commit may have left tasks to let go, or to end as they cannot run any more.
    let leftovers = WakeSignal()
    let isDiskFull = Atomic(false)
    let hookBackoff = HookBackoff()
    let hooksRunning = Mutex<[TaskID: TaskHandle<Void>]>([:])
    /// The round of claims that is going on, or was last.
    let claims = Mutex<Task<Void, any Error>?>(nil)
    let unsavedProgress = AsyncStream<LiveTask>.makeStream()
    let failures = AsyncStream<any Error>.makeStream()
    let metrics = EngineMetrics()
    /// How many commands of the daemon before were taken over.
    let adoptions = Atomic(0)
    /// Who waits for a round of the scheduler to be over.
    let pulses = Mutex<[AsyncStream<Void>.Continuation]>([])
    private let isStoppingFlag = Atomic(false)

    /// An engine on `store`; nothing runs before ``recover()`` and ``run()``.
    package init(store: Store, configuration: EngineConfiguration) {
        self.store = store
        self.configuration = configuration
        usage = Usage(limits: configuration.limits)
    }

    /// Whether the engine takes no more work.
    package var isStopping: Bool { isStoppingFlag.load(ordering: .acquiring) }

    /// Runs what is ready until the calling task is cancelled.
    ///
    /// - Throws: ``StoreError`` when the store cannot commit what happened; nothing is run or told after that.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.scheduleLoop() }
            group.addTask { try await self.alarmLoop() }
            group.addTask { await self.clockLoop() }
            group.addTask { try await self.shortageLoop() }
            group.addTask { try await self.leftoversLoop() }
            group.addTask { try await self.hookLoop() }
            group.addTask { try await self.hookRetryLoop() }
            group.addTask { await self.progressLoop() }
            group.addTask { try await self.retentionLoop() }
            group.addTask {
                await self.pendingAdoptions.waitUntilAllSettled()
                if !Task.isCancelled { self.configuration.onAdoptionComplete() }
            }
            group.addTask { for await failure in self.failures.stream { throw failure } }
            group.addTask { for await failure in self.store.failures.stream { throw failure } }
            readiness.signal()
            alarm.signal()
            hooksPending.signal()
            // The first to end ends by failing, and leaving takes the others along.
            while try await group.next() != nil {}
        }
    }

    /// Stops: takes no more work, asks what runs to end, and returns when all of it has and its end is committed. Shielded
    /// tasks are asked only when they have not ended by themselves within their grace (asyncio.md, C072).
    ///
    /// A task that ends because of this is `Interrupted`, or goes back to its queue if its job says `rerun`; composites
    /// stay as they are and go on when the next daemon recovers them.
    ///
    /// - Parameter leavingCommands: whether commands run on, for the next daemon to adopt; they are not waited for, and no
    ///   shield is either: that daemon is to come soon.
    package func stop(leavingCommands: Bool = false) async {
        isStoppingFlag.store(true, ordering: .releasing)
        // What is being claimed runs already, as far as the store knows.
        _ = await claims.withLock(\.self)?.result
        let ending = live.all.filter { !(leavingCommands && $0.record.kind.isCommand) }
        let shielded = leavingCommands ? [] : ending.filter { $0.record.shield && !$0.record.kind.isComposite }
        for task in ending where !shielded.contains(where: { $0 === task }) { task.stop() }
        completions.stop()
        store.signalCommits()
        await drain(shielded)
        for task in ending { await task.ended() }
        await waitForHooks()
    }

    /// Lets tasks end by themselves, each for as long as its grace, and then asks them to.
    private func drain(_ tasks: [LiveTask]) async {
        await withDiscardingTaskGroup { group in
            for task in tasks {
                group.addTask { [clock = configuration.clock] in
                    let grace = (try? Job(json: task.record.job))?.grace ?? .zero
                    await withTaskGroup { race in
                        race.addTask { await task.ended() }
                        race.addTask { if (try? await clock.sleep(for: grace)) != nil { task.stop() } }
                        await race.next()
                        race.cancelAll()
                    }
                }
            }
        }
    }
}
