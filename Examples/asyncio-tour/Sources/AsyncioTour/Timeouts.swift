import Tasks

extension Tour {
    /// A limit that cancels, and one around a shield that does not.
    static func timeouts() async throws {
        chapter("Timeout")
        let registry = TaskRegistry()
        print("in time:", try await waitFor(timeout: .steps(50)) { try await count(1, taking: .steps(1)) })

        let slow = registry.spawn { try await count(2, taking: .steps(50)) }
        do {
            _ = try await waitFor(slow, timeout: .steps(1))  // await asyncio.wait_for(slow, 0.1)
        } catch is TimedOut {
            print("timed out, and the task is", slow.state)
        }

        let kept = registry.spawn { try await count(3, taking: .steps(3)) }
        do {
            _ = try await waitFor(timeout: .steps(1)) { try await kept.shieldedValue }  // wait_for(shield(kept), 0.1)
        } catch is TimedOut {
            print("timed out, and the task goes on to", try await kept.value)
        }
    }
}
