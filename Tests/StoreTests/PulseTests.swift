import Foundation
import Model
import Synchronization
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(1))) struct PulseTests {
    @Test func aPulseWaitsForTheWriterAndWritesNothing() async throws {
        try await withStore { bench in
            let sequence = try await bench.store.lastSequence()
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let gate = Pipe()
            // The disk hangs: a commit does not come back.
            async let hanging: Void = bench.store.write { _ in
                enter.yield()
                _ = try gate.fileHandleForReading.read(upToCount: 1)
            }
            for await _ in entered { break }
            let hasCome = Mutex(false)
            async let pulse: Void = {
                try await bench.store.pulse()
                hasCome.withLock { $0 = true }
            }()
            // Reading goes on meanwhile, and takes as long as a pulse would that did not wait.
            for _ in 0..<20 { _ = try await bench.store.lastSequence() }
            #expect(!hasCome.withLock { $0 })
            gate.fileHandleForWriting.write(Data([1]))
            _ = try await (hanging, pulse)
            #expect(try await bench.store.lastSequence() == sequence)
        }
    }
}
