internal import Engine
internal import Jobs
internal import Logging
internal import UnixSignals

extension Daemon {
    /// What serves, put together.
    struct Parts: Sendable {
        let engine: Engine
        let server: HTTPServer
        let jobFiles: JobFiles
        let executor: Executor
    }

    /// How long the last answers may take when the daemon stops.
    private static let answerLimit = Duration.seconds(5)
    /// How long commands that are killed may take to be gone.
    private static let killLimit = Duration.seconds(5)
    /// How long after one attempt to kill them the next one comes.
    private static let killRest = Duration.milliseconds(100)

    /// Serves until one of `signals` says to stop, and returns when what ran has ended or was left.
    ///
    /// - Throws: what a part fails with.
    func serve(_ parts: Parts, _ signals: UnixSignalsSequence) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await parts.engine.run() }
            group.addTask { await parts.server.run() }
            report(on: parts.engine, to: &group)
            let asked = AsyncStream<UnixSignal>.makeStream()
            group.addTask {
                if let signal = await waitForStop(signals, parts.jobFiles) { asked.continuation.yield(signal) }
            }
            // The first to return is the signal to stop; the others only end by failing.
            try await group.next()
            asked.continuation.finish()
            let signal = await asked.stream.first { _ in true }
            await stop(parts, leavesCommands: signal == .sigusr2 || configuration.onStop == .leave)
            group.cancelAll()
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                // That is how they end.
            }
        }
    }

    private func stop(_ parts: Parts, leavesCommands: Bool) async {
        let server = parts.server
        logger.notice("stopping", metadata: ["commands": "\(leavesCommands ? "run on" : "end")"])
        await tell(.stopping)
        if leavesCommands && inherited != nil {
            // Whoever comes now waits for the next daemon.
            await server.stopAccepting()
            await server.drain(within: Self.answerLimit)
        }
        // Whoever asks meanwhile is told that the daemon is stopping, not that there is none.
        await end(parts.engine, leavesCommands, parts.executor)
        await server.stopAccepting()
        await withTaskGroup { group in
            group.addTask {
                await server.drain(within: Self.answerLimit)
                await server.waitForRequests()
            }
            // A client that does not read its answer is not waited for longer than this; cut short when there is none.
            group.addTask { try? await Task.sleep(for: Self.answerLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Has what runs end, and what takes longer than it may killed.
    private func end(_ engine: Engine, _ leavesCommands: Bool, _ executor: Executor) async {
        await withTaskGroup { group in
            group.addTask { await engine.stop(leavingCommands: leavesCommands) }
            if let limit = configuration.stopLimit, !leavesCommands {
                group.addTask { await killWhatIsLeft(engine, executor, after: limit) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func killWhatIsLeft(_ engine: Engine, _ executor: Executor, after limit: Duration) async {
        do {
            try await Task.sleep(for: limit)
            logger.warning("killing what runs", metadata: ["stop_limit": "\(limit)"])
            let end = ContinuousClock.now + Self.killLimit
            while ContinuousClock.now < end {
                // Again and again: something may just be being started.
                engine.killWhatRuns()
                try await Task.sleep(for: Self.killRest)
            }
            logger.error("some of it does not end: killing all processes of the service, where it has a cgroup")
            try executor.killAll()
        } catch is CancellationError {
            // All have ended in time.
        } catch {
            logger.error("cannot kill them", metadata: ["error": "\(error)"])
        }
    }

    /// Says which job files will not do as their authors think.
    func warn(about jobFiles: JobFiles) {
        for problem in jobFiles.problems { logger.warning("job file", metadata: ["problem": "\(problem)"]) }
    }

    /// The signal to stop; SIGHUP is none.
    private func waitForStop(_ signals: UnixSignalsSequence, _ jobFiles: JobFiles) async -> UnixSignal? {
        for await signal in signals {
            guard signal == .sighup else { return signal }
            await tell(.reloading)
            jobFiles.reload()
            warn(about: jobFiles)
            logger.notice("job files read again", metadata: ["jobs": "\(jobFiles.all.count)"])
            await tell(.ready)
        }
        return nil
    }
}
