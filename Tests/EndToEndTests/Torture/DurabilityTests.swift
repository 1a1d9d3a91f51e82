import Glibc
import Model
import Testing

/// What was acknowledged is there, whatever becomes of the daemon.
@Suite(.timeLimit(.minutes(30)))
struct DurabilityTests {
    @Test func whatWasAcknowledgedSurvivesTheDeathsOfTheDaemon() async throws {
        let deaths = Torture.times(5, long: 300)
        try await withDaemon { daemon in
            let submitter = Submitter()
            var generator = SeededGenerator(seed: 5)
            for death in 0..<deaths {
                try await load(daemon, submitter, until: .random(in: 1...600, using: &generator), death) {
                    try await daemon.kill9()
                }
                try await expectSound(daemon)
                try await daemon.start()
            }
            let disagreement = try await submitter.disagreement(with: daemon)
            #expect(disagreement == Disagreement())
            #expect(submitter.acknowledged.count > deaths * 10)
            Torture.report(
                "\(deaths) deaths under load, \(submitter.acknowledged.count) tasks acknowledged: \(disagreement)")
        }
    }

    /// The control: what was not yet folded into the file goes with its log.
    @Test func withoutItsLogItIsLost() async throws {
        try await withDaemon { daemon in
            let submitter = Submitter()
            try await load(daemon, submitter, until: 50, 0) { try await daemon.kill9() }
            _ = try await Program.shell("rm \(daemon.history)-wal \(daemon.history)-shm")
            try await daemon.start()
            #expect(try await submitter.disagreement(with: daemon).lost > 0)
        }
    }

    /// Has eight clients submit, and calls `kill` when `count` tasks more have been acknowledged.
    private func load(
        _ daemon: LiveDaemon, _ submitter: Submitter, until count: Int, _ round: Int, _ kill: () async throws -> Void
    ) async throws {
        let goal = submitter.acknowledged.count + count
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { await submitter.submit(to: daemon) } }
            // The same keys from two clients, and again after each death.
            let keys = (0..<20).map { "key-\(round / 2)-\($0)" }
            for _ in 0..<2 { group.addTask { await submitter.submitKeys(to: daemon, keys) } }
            while submitter.acknowledged.count < goal { await Task.yield() }
            try await kill()
            try await group.waitForAll()
        }
    }

    private func expectSound(_ daemon: LiveDaemon) async throws {
        let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
        #expect(check.status == 0, "\(check.stderr)")
    }
}
