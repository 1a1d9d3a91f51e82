internal import CLinux
internal import Engine
internal import Glibc
internal import Jobs
internal import Logging
internal import Metrics
internal import Model
internal import Store
internal import UnixSignals

/// The daemon: puts the parts together, runs them, and takes them apart in order.
struct Daemon: Sendable {
    let configuration: Configuration
    let logger: Logger
    private let metrics = MetricsRegistry()
    /// Who started the daemon and wants to hear from it, if anybody does.
    let serviceManager: ServiceManager?
    /// The socket that the service manager has handed over, if it has.
    let inherited: InheritedSocket?
    /// Where a job runs whose submitter's directory is not known: anywhere but among the daemon's own files.
    private static let commonDirectory = "/"

    /// A daemon that is told `configuration`, and by a service manager what `environment` has.
    ///
    /// - Throws: ``DaemonError`` when the service manager cannot be understood.
    init(
        _ configuration: Configuration, environment: [String: String] = Configuration.environment(), logger: Logger
    ) throws(DaemonError) {
        self.configuration = configuration
        self.logger = logger
        serviceManager = try ServiceManager(environment)
        inherited = try InheritedSocket.taken(from: environment)
    }

    /// Serves until SIGTERM or SIGINT, and returns when everything is committed.
    ///
    /// - Throws: ``DaemonError`` when it cannot start; ``StoreError`` when the store fails.
    func run() async throws {
        let commandMask = umask(0o077)
        try harden()
        let budget = DescriptorBudget.raised()
        let directory = try stateDirectory()
        defer { withExtendedLifetime(directory) {} }
        let endpoint = try Endpoint.prepared(configuration, inherited)
        let store = try openStore(directory)
        let parts = try await assemble(store, directory, endpoint, budget, mask: commandMask)
        // Before anybody can know that it runs: a signal then must not find nobody waiting for it.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr2)
        logger.notice(
            "ready",
            metadata: [
                "version": "\(Version.current)", "socket": "\(endpoint.path)",
                "state": "\(configuration.stateDirectory)", "max_running": "\(parts.engine.maximumRunning)",
            ])
        try await serviceManager?.tell([.ready])
        do {
            try await serve(parts, signals)
        } catch {
            // Never closed: its last connection would fold the log into a file that perhaps cannot be made durable, and remove it.
            _ = Unmanaged.passRetained(store)
            throw error
        }
        try store.close()
        logger.notice("stopped")
    }

    /// Sets the process up before it opens anything.
    private func harden() throws(DaemonError) {
        // A command runs as the same user, and could read what the daemon has in memory. Every kernel can do this.
        guard hide_process() == 0 else {
            throw DaemonError(code: .unavailable, message: "cannot hide the daemon's memory: \(SystemError())")
        }
        MetricsSystem.bootstrap(metrics)
        Allocator.keepSmall()
    }

    private func openStore(_ directory: StateDirectory) throws -> Store {
        let failures = AsyncStream<StoreError>.makeStream()
        Store.observeSync(of: configuration.storePath) { failures.continuation.yield($0) }
        let store = try Store(
            path: configuration.storePath, trace: directory.historyTrace, reservesSpace: true, failures: failures)
        directory.noteHistory()
        return store
    }

    /// Puts together what serves; clients are listened to from then on.
    private func assemble(
        _ store: Store, _ directory: StateDirectory, _ endpoint: Endpoint, _ budget: DescriptorBudget, mask: mode_t
    ) async throws -> Parts {
        let executor = try executor(directory, endpoint, mask: mask)
        let group = try endpoint.group
        let access = Access(
            grants: configuration.grants ?? Grants().granting(submitTo: group), limits: configuration.limits,
            connections: budget.connections)
        try await requireRoom(budget, for: store, directory)
        let engine = Engine(store: store, configuration: engineConfiguration(executor, access, budget, directory))
        let jobFiles = JobFiles(
            directory: configuration.jobsDirectory, isExpected: configuration.jobsDirectoryIsSet)
        warn(about: jobFiles)
        try await engine.recover()
        let server = try await listen(endpoint, engine, jobFiles, access)
        return Parts(engine: engine, server: server, jobFiles: jobFiles, executor: executor)
    }

    private func stateDirectory() throws(DaemonError) -> StateDirectory {
        let directory = try StateDirectory(
            configuration.stateDirectory, isPrivate: configuration.socketGroup == nil)
        if let name = directory.foreignName {
            logger.warning(
                "others may enter the state directory, whose mode is left as it is: \(name) in it is not taskd's",
                metadata: ["path": "\(directory.path)"])
        }
        return directory
    }

    /// How many tasks may run at once.
    private func maximumRunning(_ budget: DescriptorBudget) -> Int {
        if configuration.maximumRunning > budget.tasks {
            logger.warning(
                "fewer tasks run at once than max_running says: \(budget.advice)",
                metadata: ["max_running": "\(configuration.maximumRunning)"])
        }
        return min(configuration.maximumRunning, budget.tasks)
    }

    /// Refuses to take over more commands than there are descriptors for: what cannot be watched would be taken for gone. After
    /// the machine was restarted there is none.
    private func requireRoom(_ budget: DescriptorBudget, for store: Store, _ directory: StateDirectory) async throws {
        guard directory.isOfThisBoot else { return }
        let running = try await store.runningTasks().count { $0.kind.isCommand }
        guard running <= budget.tasks else {
            throw DaemonError(
                code: .unavailable,
                message: "\(running) commands of the daemon before are to be taken over, and \(budget.advice)")
        }
    }

    private func listen(
        _ endpoint: Endpoint, _ engine: Engine, _ jobFiles: JobFiles, _ access: Access
    ) async throws -> HTTPServer {
        let routes = Routes(
            engine: engine, access: access, jobFiles: jobFiles,
            health: Health(pid: getpid(), startedAt: .now(), store: try await engine.store.settings()),
            output: Output(stateDirectory: configuration.stateDirectory, watches: FileWatches()), metrics: metrics,
            diagnosis: Diagnosis(configuration))
        let server: HTTPServer
        do {
            server = try await HTTPServer(endpoint, router: routes.router(), access: access, logger: logger)
        } catch {
            throw DaemonError(code: .unavailable, message: "\(endpoint.path): cannot listen: \(error)")
        }
        try endpoint.restrict()
        if let obstacle = endpoint.obstacle { logger.warning("\(obstacle)") }
        return server
    }
}

// MARK: - What commands are run with

extension Daemon {
    private func executor(_ directory: StateDirectory, _ endpoint: Endpoint, mask: mode_t) throws -> Executor {
        try Executor(
            shim: try Shim.path(given: configuration.shimPath), state: configuration.stateDirectory,
            socket: endpoint.path, isOfSameBoot: directory.isOfThisBoot, cgroup: cgroup(),
            mask: mask)
    }

    private func engineConfiguration(
        _ executor: Executor, _ access: Access, _ budget: DescriptorBudget, _ directory: StateDirectory
    ) -> EngineConfiguration {
        let handlers = Handlers(executor: executor)
        let hooks = HookRunner(executor: executor, directory: Self.commonDirectory, logger: logger)
        return EngineConfiguration(
            maximumRunning: maximumRunning(budget), directory: Self.commonDirectory,
            retention: configuration.retention, clockSteps: ClockWatch.steps(),
            handler: { handlers.handler(of: $0) },
            runHook: { await hooks.run($0, for: $1) },
            directories: TaskDirectories(state: executor.state),
            limits: { access.limits(of: $0) },
            onAdoptionComplete: { directory.noteBoot() },
            logger: logger)
    }
}
