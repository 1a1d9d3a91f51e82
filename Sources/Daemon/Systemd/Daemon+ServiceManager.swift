internal import Engine
internal import Jobs
internal import Logging
internal import Model
internal import NIOCore
internal import NIOPosix

extension Daemon {
    /// Adds to `group` what keeps the service manager informed, as far as there is one and it asks.
    func report(on engine: Engine, to group: inout ThrowingTaskGroup<Void, any Error>) {
        guard let serviceManager else { return }
        let status = StatusLine(store: engine.store) { await tell(.status($0)) }
        group.addTask { try await status.run() }
        guard let watchdogTimeout = serviceManager.watchdogTimeout else { return }
        // sd_watchdog_enabled(3) recommends half of the time.
        let watchdog = Watchdog(interval: watchdogTimeout / 2, parts: Self.parts(of: engine)) { await tell(.alive) }
        group.addTask { try await watchdog.run() }
    }

    /// Each event loop, and the store's writer with the scheduler.
    private static func parts(of engine: Engine) -> [@Sendable () async throws -> Void] {
        let loops = MultiThreadedEventLoopGroup.singleton.makeIterator().map { loop in
            { @Sendable () async throws in try await loop.submit {}.get() }
        }
        return loops + [{ try await engine.pulse() }]
    }

    /// The cgroup to divide among commands, if there is one; a service's is divided between the daemon and them too.
    func cgroup() -> String? {
        guard let cgroup = Executor.delegatedCgroup() else { return nil }
        guard serviceManager != nil else { return cgroup }
        do {
            try Executor.enterMain(of: cgroup)
        } catch {
            logger.warning("the cgroup stays undivided", metadata: ["error": "\(error.message)"])
        }
        return cgroup
    }

    /// Tells the service manager, if there is one.
    func tell(_ messages: ServiceManager.Message...) async {
        do {
            try await serviceManager?.tell(messages)
        } catch {
            logger.warning("\(error.message)")
        }
    }
}
