import Glibc
import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct ShimWaiterTests {
    /// The two ends of a pipe that is read without waiting.
    private func makePipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try #require(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return (ends[0], ends[1])
    }

    @Test func takesWhatIsWrittenAndThenTheEnd() async throws {
        let waiter = try ShimWaiter()
        let (reader, writer) = try makePipe()
        let (lines, told) = AsyncStream<String>.makeStream()
        waiter.watch(reader) { bytes in
            told.yield(String(decoding: bytes, as: UTF8.self))
        } end: {
            told.finish()
        }
        var heard = lines.makeAsyncIterator()
        for word in ["one\n", "two\n"] {
            #expect(write(writer, word, word.utf8.count) == word.utf8.count)
            #expect(await heard.next() == word)
        }
        close(writer)
        #expect(await heard.next() == nil)
        close(reader)
    }

    /// The number of a descriptor that was watched soon is another's.
    @Test func readsNothingThatIsNoLongerWatched() async throws {
        let waiter = try ShimWaiter()
        let stolen = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    var stolen = 0
                    for _ in 0..<500 {
                        let (reader, writer) = try makePipe()
                        close(writer)
                        await withCheckedContinuation { continuation in
                            waiter.watch(reader) { _ in
                            } end: {
                                close(reader)
                                continuation.resume()
                            }
                        }
                        let next = try makePipe()
                        #expect(write(next.writer, "x", 1) == 1)
                        await Task.yield()
                        var byte: UInt8 = 0
                        if read(next.reader, &byte, 1) != 1 { stolen += 1 }
                        close(next.reader)
                        close(next.writer)
                    }
                    return stolen
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(stolen == 0)
    }
}
