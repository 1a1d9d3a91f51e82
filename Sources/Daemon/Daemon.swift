internal import Engine
internal import Glibc
internal import Jobs
internal import Logging
internal import Model
internal import Store
internal import UnixSignals

/// The daemon: puts the parts together, runs them, and takes them apart in order.
struct Daemon: Sendable {
    private let configuration: Configuration
    private let logger: Logger
    /// How long the last answers may take when the daemon stops.
    private static let answerLimit = Duration.seconds(5)

    init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT, and returns when everything is committed.
    ///
    /// - Throws: ``DaemonError`` when it cannot start; ``StoreError`` when the store fails.
    func run() async throws {
        umask(0o077)
        let directory = try StateDirectory(configuration.stateDirectory)
        defer { withExtendedLifetime(directory) {} }
        try Socket.prepare(configuration.socketPath)
        let store = try Store(path: configuration.storePath)
        let engine = Engine(store: store, configuration: try engineConfiguration())
        let jobFiles = JobFiles(directory: configuration.jobsDirectory)
        try await engine.recover()
        let server = try await listen(engine, jobFiles)
        defer { unlink(configuration.socketPath) }
        logger.notice(
            "ready",
            metadata: [
                "version": "\(Version.current)", "socket": "\(configuration.socketPath)",
                "state": "\(configuration.stateDirectory)", "max_running": "\(configuration.maximumRunning)",
            ])
        try await serve(engine, server, jobFiles)
        try store.close()
        logger.notice("stopped")
    }

    private func listen(_ engine: Engine, _ jobFiles: JobFiles) async throws -> HTTPServer {
        let routes = Routes(
            engine: engine, jobFiles: jobFiles,
            health: Health(pid: getpid(), startedAt: .now(), stateDirectory: configuration.stateDirectory),
            output: Output(stateDirectory: configuration.stateDirectory))
        let server: HTTPServer
        do {
            server = try await HTTPServer(path: configuration.socketPath, router: routes.router(), logger: logger)
        } catch {
            throw DaemonError(code: .unavailable, message: "\(configuration.socketPath): cannot listen: \(error)")
        }
        try Socket.restrict(configuration.socketPath, to: configuration.socketGroup)
        return server
    }

    private func serve(_ engine: Engine, _ server: HTTPServer, _ jobFiles: JobFiles) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            group.addTask { try await server.run() }
            group.addTask { await waitForStop(signals, jobFiles) }
            // The first to return is the signal to stop; the others only end by failing.
            try await group.next()
            logger.notice("stopping")
            server.stopAccepting()
            await engine.stop()
            await withTaskGroup { group in
                group.addTask { await server.waitForRequests() }
                // A client that does not read its answer is not waited for longer than this; cut short when there is none.
                group.addTask { try? await Task.sleep(for: Self.answerLimit) }
                await group.next()
                group.cancelAll()
            }
            group.cancelAll()
        }
    }

    private func waitForStop(_ signals: UnixSignalsSequence, _ jobFiles: JobFiles) async {
        for await signal in signals {
            guard signal == .sighup else { return }
            jobFiles.reload()
            logger.notice("job files read again", metadata: ["jobs": "\(jobFiles.all.count)"])
        }
    }
}

// MARK: - What commands are run with

extension Daemon {
    private func engineConfiguration() throws -> EngineConfiguration {
        let executor = try Executor(
            shim: try Shim.path(given: configuration.shimPath), state: configuration.stateDirectory,
            socket: configuration.socketPath, cgroup: Executor.delegatedCgroup())
        let handlers = Handlers(executor: executor)
        return EngineConfiguration(
            maximumRunning: configuration.maximumRunning, directory: configuration.stateDirectory,
            handler: { handlers.handler(of: $0) },
            runHook: { arguments, task in
                let hook = Hook(
                    arguments: arguments, task: task.id, name: task.name, state: task.state,
                    result: task.result ?? task.exception?.json ?? .null)
                switch await hook.run(in: task.directory ?? configuration.stateDirectory, by: executor) {
                case .exited(let code): return ["exit_code": .int(Int64(code)), "error": nil]
                case .failed(let message): return ["exit_code": nil, "error": .string(message)]
                }
            })
    }
}
