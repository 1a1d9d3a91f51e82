import Foundation

@testable import Store

/// A command that is being committed on a slow disk, and holds all others up.
struct SlowCommit {
    private let gate = Pipe()
    private let commit: Task<Void, any Error>

    /// One that has begun.
    init(_ writer: Writer) async {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        commit = Task { [gate] in
            try await writer.write { _ in
                enter.yield()
                _ = try gate.fileHandleForReading.read(upToCount: 1)
            }
        }
        for await _ in entered { break }
    }

    func release() {
        gate.fileHandleForWriting.write(Data([1]))
    }

    func end() async throws {
        try await commit.value
    }
}
