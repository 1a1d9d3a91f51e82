import FoundationEssentials
import GRDB
import Model
import Testing

@testable import Store

/// Files that earlier versions have written, as their daemon left them when it was killed.
@Suite struct FixtureTests {
    @Test(arguments: ["v1", "v2", "v3", "v4"])
    func isReadAndGoesOn(version: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/history.sqlite"
            let fixture = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../Fixtures/\(version).sqlite")
            try FileManager.default.copyItem(atPath: fixture.path, toPath: path)
            let bench = StoreBench(store: try Store(path: path), directory: directory)

            let inventory = try await bench.task(1)
            #expect(inventory.result == ["main": 1247, "reserves": 89])
            #expect(inventory.labels == ["branch": "north"])
            var labelled = TaskFilter()
            labelled.labels = [.init(key: "branch", value: "north")]
            #expect(try await bench.store.tasks(labelled).tasks.map(\.id) == [inventory.id])
            #expect(try await bench.store.children(of: inventory.id).map(\.number) == [2, 3])
            #expect(try await bench.task(4).exception == ExceptionInfo(type: "Boom", message: "no"))
            #expect(try await bench.task(5).key == "nightly")
            #expect(try await bench.task(6).exception == .cancelled("enough"))
            #expect(try await bench.store.counts().map(\.count) == [1, 5, 3, 4, 2, 1])
            #expect(try await bench.store.runningTasks().map(\.name) == ["running", "busy", "race"])
            #expect(try await bench.store.lastSequence() > 0)
            #expect(try await bench.store.measures(of: ["{}"]) == (version == "v4" ? ["{}": inventory.id] : [:]))

            // What was committed then is run, ended and told now.
            #expect(try await bench.claim(limit: 1) == ["queued"])
            try await bench.finish(12, .succeeded(nil))
            #expect(try await bench.task(16).waitingFor == nil)
            #expect(try await bench.store.start(TaskID(8), at: at(3))?.state == .queued)
            try bench.store.close()
        }
    }
}
