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

    @Test(arguments: [
        #"{}"#, #"{"older_than": -1}"#, #"{"older_than": "soon"}"#, #"{"older_than": 1, "state": "failed"}"#,
    ])
    func refusesWhatIsNoAge(body: String) async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http("POST", "/v1/prune", bytes: Array(body.utf8))
            #expect(reply.status == 400)
            #expect(try reply.json["detail"]?.stringValue?.isEmpty == false)
        }
    }
}
