import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SourceTests {
    @Test func anUnreadableSourceFailsNamingItsPath() async throws {
        try await withDaemon { daemon in
            let root = daemon.directory.path
            try daemon.directory.write("this is no database, it only stands where one should be\n", to: "text.sqlite")
            // A leader that promises 100 bytes, and 60 of them.
            try daemon.directory.write("00100nam a2200037 a 4500" + String(repeating: "x", count: 36), to: "cut.mrc")
            try daemon.directory.write("a,b\n1,2\n", to: "loans.csv")
            let count: JSONValue = "SELECT count(*) FROM items"
            let sources: [(path: String, source: JSONValue)] = [
                ("text.sqlite", ["sqlite": ["path": "text.sqlite", "sql": count]]),
                ("none.sqlite", ["sqlite": ["path": "none.sqlite", "sql": count]]),
                ("state", ["sqlite": ["path": "state", "sql": count]]),
                ("cut.mrc", ["file": ["path": "cut.mrc", "format": "marc"]]),
                ("none.mrc", ["file": ["path": "none.mrc", "format": "marc"]]),
                ("state", ["file": ["path": "state", "format": "marc"]]),
                ("loans.csv", ["file": ["path": "loans.csv", "format": "csv", "key": "barcode"]]),
            ]
            for (path, source) in sources {
                let body = JSONWriter.bytes(["check": source, "name": "main"])
                let id = try await submit(body, in: root, daemon)
                let task = try await daemon.done(id)
                let message = task["exception"]?["message"]?.stringValue ?? ""
                #expect(task["state"] == "failed", "\(source)")
                #expect(task["result"] == .null, "\(source)")
                #expect(task["exception"]?["type"] == "SourceError", "\(source)")
                #expect(task["exception"]?["source"] == "main", "\(source)")
                #expect(message.contains(root + "/" + path) || message.contains(path), "\(source): \(message)")
                let shown = try await daemon.taskctl("result", "\(id)")
                #expect(shown.status == 1)
                #expect(shown.stdout.isEmpty)
                #expect(shown.stderr.contains(path), "\(shown.stderr)")
            }
        }
    }

    @Test func relativePathsStartAtTheJobFile() async throws {
        try await withDaemon { daemon in
            try daemon.directory.write(
                [
                    "ill.csv": "barcode,title\n1,A\n2,B\n",
                    "job.yaml": "name: ill\ncheck: {file: {path: ill.csv, format: csv, key: barcode}}\n",
                ], to: "elsewhere")
            let reply = try await daemon.taskctl("submit", "-f", "elsewhere/job.yaml", "--wait")
            #expect(try JSONParser.parse(reply.stdout) == ["ill": 2])
        }
    }

    private func submit(_ body: [UInt8], in directory: String, _ daemon: LiveDaemon) async throws -> Int64 {
        let reply = try await daemon.http("POST", "/v1/tasks?directory=\(directory)", bytes: body)
        guard let id = try reply.json["id"]?.intValue else { throw TestFailure(reply.text) }
        return id
    }
}
