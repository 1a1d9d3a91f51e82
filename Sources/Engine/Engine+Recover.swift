internal import Model
internal import Store
internal import Synchronization

extension Engine {
    /// Takes up what an earlier daemon left: composites go on from their members' stored states, commands that outlived it
    /// are adopted, other running tasks end as interrupted or run again, and hooks that had not run will.
    ///
    /// To be called once, before ``run()``.
    /// - Throws: ``StoreError`` when the store cannot be read or written.
    package func recover() async throws {
        usage.begin(with: try await store.unfinishedByOwner())
        let running = try await store.runningTasks()
        takeovers.begin(with: running.lazy.filter { !$0.kind.isComposite }.map(\.id))
        // Composites first, so that they are there when their members end.
        for record in running where record.kind.isComposite { launch(record, .resumed) }
        for record in running where !record.kind.isComposite { launch(record, .resumed) }
        for record in running where record.kind.isCommand {
            metrics.adopted(record)
            adoptions.add(1, ordering: .relaxed)
        }
        for record in try await store.compositesToDrain() {
            guard case .composite(let composite) = try Job(json: record.job).action else { continue }
            launchDrain(of: record, composite)
        }
    }
}
