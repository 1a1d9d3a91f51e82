import NIOCore
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct ConnectingTests {
    @Test func cancellingEndsAnAttemptThatNobodyAnswers() async throws {
        let port = try UnansweredPort(queue: true)
        let address = try #require(IPAddress("127.0.0.1"))
        let (begins, begin) = AsyncStream<Void>.makeStream()
        let attempt = Task {
            await Self.failure {
                try await Connecting.open(address, port: port.number, timeout: .seconds(3600)) { _ in begin.yield() }
            }
        }
        for await _ in begins { break }
        attempt.cancel()
        let failure = await attempt.value
        #expect(failure == SourceError.cancelled)
        port.release()
    }

    @Test func anAttemptIsOverAfterItsTimeout() async throws {
        let port = try UnansweredPort(queue: true)
        let address = try #require(IPAddress("127.0.0.1"))
        let failure = await Self.failure {
            try await Connecting.open(address, port: port.number, timeout: .milliseconds(50)) { _ in }
        }
        #expect(failure?.code == .connect)
        #expect(failure?.message.contains("0.05s") == true)
        port.release()
    }

    @Test func cancelledBeforeItBeganNothingIsConnected() async throws {
        let server = LocalServer { $0.waitForEnd() }
        let address = try #require(IPAddress("127.0.0.1"))
        let attempt = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Self.failure {
                try await Connecting.open(address, port: server.port, timeout: .seconds(3600)) { _ in }
            }
        }
        let failure = await attempt.value
        #expect(failure == SourceError.cancelled)
        await server.stop()
    }

    private static func failure(
        _ work: () async throws -> any Channel
    ) async -> SourceError? {
        do {
            _ = try await work()
            return nil
        } catch {
            return error as? SourceError
        }
    }
}
