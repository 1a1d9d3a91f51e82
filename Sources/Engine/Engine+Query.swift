internal import Jobs
package import Model
package import Store
internal import Synchronization

extension Engine {
    /// The task numbered `id`.
    ///
    /// - Throws: ``EngineError`` when there is none.
    package func task(_ id: TaskID) async throws -> TaskRecord {
        guard let record = try await store.task(id) else { throw EngineError.unknownTask(id) }
        return record
    }

    /// The task numbered `id` as the wire shows it, with its children when it is a composite, and its process when
    /// it is a command that runs.
    ///
    /// - Throws: ``EngineError`` when there is none.
    package func taskJSON(_ id: TaskID) async throws -> JSONValue {
        let record = try await task(id)
        if record.kind.isCommand, record.state == .running { return record.json(detail: await detailSoFar(of: record)) }
        return record.json(children: record.kind.isComposite ? try await store.children(of: id) : nil)
    }

    /// What is known of a command that runs.
    private func detailSoFar(of record: TaskRecord) async -> JSONValue? {
        await runBlocking { [attempt = configuration.directories.attempt(of: record)] _ in
            attempt.command.map { ["pid": .int($0)] }
        }
    }

    /// Changes a queue, and starts what may run because of it.
    package func changeQueue(_ name: String, _ change: QueueChange) async throws -> QueueStatus {
        // Not afterwards: how many tasks stand in it may still have to be counted.
        try await store.changeQueue(name, change) { readiness.signal() }
    }

    /// How many requests wait for tasks to be done.
    package var waiters: Int { completions.waiters }

    /// How many tasks occupy a slot, by queue; composites do not.
    package var running: [String: Int] { live.running }

    /// How many commands of the daemon before were taken over, alive or not.
    package var adopted: Int { adoptions.load(ordering: .relaxed) }

    /// How many tasks may run at once, over all queues.
    package var maximumRunning: Int { configuration.maximumRunning }
}
