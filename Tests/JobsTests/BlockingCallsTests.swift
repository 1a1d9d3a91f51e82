import Glibc
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct BlockingCallsTests {
    /// A pipe: what reads it blocks until it is opened.
    private struct Door: ~Copyable, Sendable {
        let reader: Int32
        private let writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        func open(for count: Int) { write(writer, String(repeating: "x", count: count), count) }

        deinit {
            close(reader)
            close(writer)
        }
    }

    @Test func noMoreRunAtOnceThanMay() async throws {
        let calls = BlockingCalls<Int>(limit: 2)
        let door = try Door()
        let reader = door.reader
        let running = Mutex(0)
        let work: @Sendable () -> Int = {
            let count = running.withLock { running in
                running += 1
                return running
            }
            var byte: UInt8 = 0
            read(reader, &byte, 1)
            running.withLock { $0 -= 1 }
            return count
        }
        await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<50 { group.addTask { await calls.answer(work) } }
            for _ in 0..<50 {
                door.open(for: 1)
                #expect([1, 2].contains(await group.next() ?? nil))
            }
        }
    }

    @Test func whoWasCancelledWaitsForNothing() async throws {
        let calls = BlockingCalls<Int>(limit: 1)
        let door = try Door()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let reader = door.reader
        let call = Task {
            await calls.answer {
                begin.yield()
                var byte: UInt8 = 0
                return read(reader, &byte, 1)
            }
        }
        for await _ in begun { break }
        call.cancel()
        #expect(await call.value == nil)
        // Its thread still runs: the next call waits for that.
        let next = Task { await calls.answer { 2 } }
        door.open(for: 1)
        #expect(await next.value == 2)
    }

    @Test func aCallOfACancelledTaskNeverBegins() async {
        let calls = BlockingCalls<Int>(limit: 1)
        let answer = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await calls.answer { 1 }
        }.value
        #expect(answer == nil)
    }
}
