import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HealthTests {
    @Test func tellsWhoAnswersAndHowManyTasksThereAre() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let reply = try await daemon.http("GET", "/v1/health")
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "application/json")
            let health = try reply.json
            #expect(health["status"] == "ok")
            #expect(health["version"]?.stringValue != nil)
            #expect(health["pid"]?.intValue == daemon.pid.map(Int64.init))
            #expect(health["started_at"]?.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
            #expect(health["store"] != nil)
            #expect(
                health["tasks"]
                    == ["held": 0, "queued": 0, "running": 0, "succeeded": 1, "failed": 0, "cancelled": 0])
        }
    }

    @Test func letsOnlyItsOwnUserIn() async throws {
        try await withDaemon { daemon in
            let modes = try [daemon.socket, daemon.state, daemon.history].map(mode)
            #expect(modes == [0o600, 0o700, 0o600])
        }
    }

    @Test func notesWhoSubmittedAsTheKernelSays() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.task(daemon.submit(["sleep": 0]))
            #expect(task["submitted_by"]?["uid"] == .int(Int64(getuid())))
            #expect(task["submitted_by"]?["gid"] == .int(Int64(getgid())))
            #expect(task["submitted_by"]?["pid"] == .int(Int64(getpid())))
        }
    }

    @Test func answersPing() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.taskctl("ping").status == 0)
            let reply = try await daemon.taskctl("ping", "--json")
            #expect(try JSONParser.parse(reply.stdout)["status"] == "ok")
        }
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw TestFailure.system(path) }
        return status.st_mode & 0o777
    }
}
