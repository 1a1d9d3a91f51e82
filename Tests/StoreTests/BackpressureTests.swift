import Foundation
import GRDB
import Glibc
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct BackpressureTests {
    /// A large command finds the disk full before its commit, when SQLite writes pages that its memory has no room for.
    @Test func theReserveIsGivenAwayForACommandThatFindsNoRoomItself() async throws {
        try await withStore { bench in
            let reserve = bench.directory + "/reserve"
            let writer = Writer(pool: bench.store.pool, reserve: Reserve(path: reserve)) {}
            let isWritten = try await writer.write { _ in
                guard access(reserve, F_OK) != 0 else { throw DatabaseError(resultCode: .SQLITE_FULL) }
                return true
            }
            #expect(isWritten)
        }
    }

    @Test func whatCanBeAskedAgainIsRefusedWhenTooMuchWaits() async throws {
        try await withStore { bench in
            let writer = Writer(pool: bench.store.pool, room: 2) {}
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let gate = Pipe()
            // The disk is slow: one command is being committed, and holds all others up.
            async let slow: Void = writer.write { _ in
                enter.yield()
                _ = try gate.fileHandleForReading.read(upToCount: 1)
            }
            for await _ in entered { break }
            let (queued, queue) = AsyncStream<Void>.makeStream()
            async let first: Void = writer.write(isRefusable: true, whenQueued: { queue.yield() }) { _ in }
            async let second: Void = writer.write(isRefusable: true, whenQueued: { queue.yield() }) { _ in }
            var count = 0
            for await _ in queued {
                count += 1
                if count == 2 { break }
            }
            let error = await #expect(throws: StoreError.self) { try await writer.write(isRefusable: true) { _ in } }
            #expect(error?.code == .busy)
            // What the daemon itself has to write is taken all the same.
            async let own: Void = writer.write(whenQueued: { gate.fileHandleForWriting.write(Data([1])) }) { _ in }
            _ = try await (slow, first, second, own)
            try await writer.write(isRefusable: true) { _ in }
        }
    }
}
