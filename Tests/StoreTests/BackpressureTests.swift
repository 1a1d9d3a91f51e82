import GRDB
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct BackpressureTests {
    /// A large command finds the disk full before its commit, when SQLite writes pages that its memory has no room for.
    @Test func whatFindsNoRoomIsRefusedAndNotWhatSharesItsCommit() async throws {
        try await withStore { bench in
            let writer = Writer(pool: bench.store.pool) {}
            let slow = await SlowCommit(writer)
            let (queued, queue) = AsyncStream<Void>.makeStream()
            let large = Task {
                try await writer.write(isRefusable: true, whenQueued: { queue.yield() }) { _ in
                    throw DatabaseError(resultCode: .SQLITE_FULL)
                }
            }
            for await _ in queued { break }
            async let own: Void = writer.write(whenQueued: slow.release) { _ in }
            let error = await #expect(throws: StoreError.self) { try await large.value }
            #expect(error?.code == .full)
            try await own
            try await slow.end()
        }
    }

    /// None of them can be refused: the end of a task, and the claim of the next.
    @Test func whatFindsNoRoomTakesNothingOfTheDaemonsOwnAlong() async throws {
        try await withStore { bench in
            let writer = Writer(pool: bench.store.pool) {}
            let slow = await SlowCommit(writer)
            let (queued, queue) = AsyncStream<Void>.makeStream()
            let large = Task {
                try await writer.write(whenQueued: { queue.yield() }) { _ in
                    throw DatabaseError(resultCode: .SQLITE_FULL)
                }
            }
            for await _ in queued { break }
            async let small: Void = writer.write(whenQueued: slow.release) { _ in }
            let error = await #expect(throws: StoreError.self) { try await large.value }
            #expect(error?.code == .full)
            try await small
            try await slow.end()
        }
    }

    @Test func whatComesAfterTheCloseIsRefused() async throws {
        try await withStore { bench in
            let store = try Store(path: bench.directory + "/other.sqlite")
            try store.close()
            let error = await #expect(throws: StoreError.self) { try await store.write { _ in } }
            #expect(error?.message.contains("closed") == true)
        }
    }

    @Test(arguments: [Writer.Capacity(commands: 2), Writer.Capacity(bytes: 20)])
    func whatCanBeAskedAgainIsRefusedWhenTooMuchWaits(capacity: Writer.Capacity) async throws {
        try await withStore { bench in
            let writer = Writer(pool: bench.store.pool, capacity: capacity) {}
            let slow = await SlowCommit(writer)
            let (queued, queue) = AsyncStream<Void>.makeStream()
            async let first: Void = writer.write(isRefusable: true, size: 10, whenQueued: { queue.yield() }) { _ in }
            async let second: Void = writer.write(isRefusable: true, size: 10, whenQueued: { queue.yield() }) { _ in }
            var count = 0
            for await _ in queued {
                count += 1
                if count == 2 { break }
            }
            let error = await #expect(throws: StoreError.self) {
                try await writer.write(isRefusable: true, size: 10) { _ in }
            }
            #expect(error?.code == .busy)
            // What the daemon itself has to write is taken all the same.
            async let own: Void = writer.write(whenQueued: slow.release) { _ in }
            _ = try await (first, second, own)
            try await slow.end()
            try await writer.write(isRefusable: true, size: 10) { _ in }
        }
    }
}
