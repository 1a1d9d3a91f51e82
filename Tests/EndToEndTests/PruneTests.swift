import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PruneTests {
    @Test func removesDoneTasksWithTheirOutput() async throws {
        try await withDaemon { daemon in
            let done = try #require(try await daemon.run(["shell": "echo out"])["id"]?.intValue)
            let endless = try await daemon.submit(["shell": "exec sleep 3600"])
            try await daemon.event("started", of: endless)
            let output = daemon.directory.path + "/state/tasks/\(done)"
            #expect(access(output, F_OK) == 0)
            #expect(try await daemon.taskctl("prune", "--older-than", "1h").stdout == "0\n")
            #expect(try await daemon.taskctl("prune", "--older-than", "0").stdout == "1\n")
            #expect(access(output, F_OK) == -1)
            #expect(try await daemon.taskctl("status", "\(done)").status == 4)
            #expect(try await daemon.task(endless)["state"] == "running")
        }
    }

    @Test func keepsAsManyAsAsked() async throws {
        try await withDaemon { daemon in
            for _ in 1...5 { _ = try await daemon.run(["sleep": 0]) }
            #expect(try await daemon.taskctl("prune", "--keep", "2").stdout == "3\n")
            #expect(try await daemon.taskctl("prune", "--keep", "2").stdout == "0\n")
            let left = try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.compactMap {
                $0["id"]?.intValue
            }
            #expect(left?.sorted() == [4, 5])
        }
    }

    @Test func whatIsBeyondTheRetentionGoesByItself() async throws {
        try await withDirectory { directory in
            try directory.write("keep_count: 1\nkeep_age: 300d\nkeep_bytes: 100000000\n", to: "config.yaml")
            try await withDaemon(flags: ["--config", directory.path + "/config.yaml"]) { daemon in
                for _ in 1...3 { _ = try await daemon.run(["sleep": 0]) }
                // At its start a daemon looks at once.
                try await daemon.restart()
                _ = try await daemon.run(["sleep": 0])
                try await daemon.untilGone(2)
                #expect(try await daemon.http("GET", "/v1/tasks/3").status == 200)
            }
        }
    }

    @Test(arguments: [
        #"{}"#, #"{"keep": -1}"#, #"{"keep": 1, "older_than": 1}"#, #"{"older_than": -1}"#, #"{"older_than": "soon"}"#,
        #"{"older_than": 1, "state": "failed"}"#,
    ])
    func refusesWhatIsNoAge(body: String) async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http("POST", "/v1/prune", bytes: Array(body.utf8))
            #expect(reply.status == 400)
            #expect(try reply.json["detail"]?.stringValue?.isEmpty == false)
        }
    }
}

extension LiveDaemon {
    /// Returns when there is no task `id` any more.
    fileprivate func untilGone(_ id: Int64) async throws {
        while try await http("GET", "/v1/tasks/\(id)").status != 404 { await Task.yield() }
    }
}
