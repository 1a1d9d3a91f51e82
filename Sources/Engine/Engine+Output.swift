internal import Jobs
internal import Model
internal import Store

extension Engine {
    /// How many tasks are looked up at once.
    private static let outputBatch = 1000

    /// Moves aside what tasks have left that the history never had: it was replaced by an older one, or begun anew, and will
    /// give their numbers out again. To be called before it does.
    ///
    /// - Throws: ``StoreError`` when the store cannot be read.
    func setForeignOutputAside() async throws {
        let last = try await store.lastTask()
        do throws(ExceptionInfo) {
            let foreign = try await configuration.directories.tasks().filter { $0 > last }
            guard !foreign.isEmpty else { return }
            try await configuration.directories.setAside(foreign)
            configuration.warn(
                "moved the output of \(foreign.count) tasks aside that the history does not have, into tasks.old")
        } catch {
            // A command that finds its place taken fails and says so.
            configuration.warn("the output of tasks that the history does not have: \(error.message)")
        }
    }

    /// Removes what tasks have left that the history no longer has: a daemon that was killed in a prune came no further.
    ///
    /// - Throws: ``StoreError`` when the store cannot be read; `ExceptionInfo` when something cannot be removed.
    func removeForgottenOutput() async throws {
        let last = try await store.lastTask()
        var left = try await configuration.directories.tasks().filter { $0 <= last }[...]
        while !left.isEmpty {
            let batch = left.prefix(Self.outputBatch)
            let known = Set(try await store.knownStates(Array(batch)).map(\.id))
            let forgotten = batch.filter { !known.contains($0) }
            if !forgotten.isEmpty { try await configuration.removeOutput(forgotten) }
            left = left.dropFirst(batch.count)
        }
    }
}
