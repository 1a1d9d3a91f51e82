package import Model
package import Store

extension Engine {
    /// The task numbered `id`.
    ///
    /// - Throws: ``EngineError`` when there is none.
    package func task(_ id: TaskID) async throws -> TaskRecord {
        guard let record = try await store.task(id) else { throw EngineError.unknownTask(id) }
        return record
    }

    /// The task numbered `id` as the wire shows it, with its children when it is a composite.
    ///
    /// - Throws: ``EngineError`` when there is none.
    package func taskJSON(_ id: TaskID) async throws -> JSONValue {
        let record = try await task(id)
        return record.json(children: record.kind.isComposite ? try await store.children(of: id) : nil)
    }

    /// Changes a queue, and starts what may run because of it.
    package func changeQueue(_ name: String, maximumRunning: Int??, isPaused: Bool?) async throws -> QueueStatus {
        let status = try await store.changeQueue(name, maximumRunning: maximumRunning, isPaused: isPaused)
        readiness.ring()
        return status
    }

    /// How many tasks may run at once, over all queues.
    package var maximumRunning: Int { configuration.maximumRunning }
}
