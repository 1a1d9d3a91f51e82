import Synchronization
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct WatchdogTests {
    @Test func tellsAgainAndAgainOnceAllPartsHaveAnswered() async throws {
        let (told, tell) = AsyncStream<Void>.makeStream()
        let asked = Mutex(0)
        let watchdog = Watchdog(interval: .milliseconds(1), parts: [{ asked.withLock { $0 += 1 } }]) { tell.yield() }
        try await running(watchdog) {
            var times = 0
            for await _ in told {
                times += 1
                #expect(asked.withLock { $0 } >= times)
                if times == 3 { break }
            }
        }
    }

    @Test(arguments: [0, 1])
    func isSilentWhileOnePartHangs(which: Int) async throws {
        let (told, tell) = AsyncStream<Void>.makeStream()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let hasTold = Mutex(false)
        let hanging: @Sendable () async throws -> Void = {
            ask.yield()
            for await _ in released {}
        }
        let parts: [@Sendable () async throws -> Void] = which == 0 ? [hanging, {}] : [{}, hanging]
        let watchdog = Watchdog(interval: .milliseconds(1), parts: parts) {
            hasTold.withLock { $0 = true }
            tell.yield()
        }
        try await running(watchdog) {
            for await _ in asked { break }
            // Who did not wait would have told by now.
            for _ in 0..<100 { await Task.yield() }
            #expect(!hasTold.withLock { $0 })
            release.finish()
            for await _ in told { break }
        }
    }

    @Test func aPartThatFailsHasNotHung() async throws {
        let (told, tell) = AsyncStream<Void>.makeStream()
        let watchdog = Watchdog(interval: .milliseconds(1), parts: [{ throw FileFailure("broken") }]) { tell.yield() }
        try await running(watchdog) { for await _ in told { break } }
    }

    private func running(_ watchdog: Watchdog, _ body: () async throws -> Void) async throws {
        let task = Task { try await watchdog.run() }
        try await body()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
