import GRDB
import Model
import Testing

@testable import Store

struct BacklogTests {
    @Test func countsWhatIsNotDone() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("running", ["priority": 9]), job("done", ["priority": 8]), job("a"), job("b"),
                job("c", ["queue": "other"]), job("held", ["hold": true]), job("delayed", ["delay": "1h"]))
            _ = try await bench.claim(limit: 2)
            try await bench.submit(gather([job("member")], ["queue": "other"]))
            try await bench.finish(2, .succeeded(.null))
            let backlog = try await bench.store.backlog()
            #expect(backlog.ready == ["default": 2, "other": 1])
            #expect(backlog.counts == [.held: 1, .queued: 6, .running: 1])
        }
    }

    @Test func knowsTheRoomTheFileTakes() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            let size = bench.store.size
            #expect(size.file > 0 && size.log > 0)
            #expect(size.free ?? 0 > 0)
            #expect(try await bench.store.schemaVersion() == Schema.migrator.migrations.last)
        }
    }

    @Test func aFileSystemMayCallItselfAsLargeAsItLikes() {
        #expect(Store.bytes(in: 3, ofSize: 4096) == 12_288)
        #expect(Store.bytes(in: 1 << 52, ofSize: 4096) == .max)
        #expect(Store.bytes(in: 1 << 51, ofSize: 4096) == .max)
        #expect(Store.bytes(in: 1 << 50, ofSize: 4096) == 1 << 62)
    }
}
