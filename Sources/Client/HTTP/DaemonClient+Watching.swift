internal import Model

extension DaemonClient {
    /// Calls `look` now, and again whenever something happened to any task, until cancelled.
    ///
    /// What happens during a look leads to one more look, however much it is.
    func whenSomethingHappens(_ look: () async throws -> Void) async throws {
        let (news, happened) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { happened.finish() }
                try await forEachEventBatch(of: .eventsFromNow) { _ in happened.yield() }
            }
            try await look()
            for await _ in news { try await look() }
            try await group.waitForAll()
        }
    }
}
