import Glibc
import Model
import Testing

/// What clients that wait notice of a restart of the daemon.
@Suite(.timeLimit(.minutes(1)))
struct RestartTests {
    private static let job = ["--", "sh", "-c", "echo up; read x < go"]

    @Test(arguments: [SIGUSR2, SIGKILL])
    func aWaitGoesOnWithTheNextDaemon(signal: Int32) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            async let submitted = daemon.taskctl(["submit", "--wait"] + Self.job)
            while try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.isEmpty != false {}
            try await daemon.firstLine(of: 1)
            async let waited = daemon.taskctl("wait", "1", "--timeout", "50s")
            async let gathered = daemon.taskctl("gather", "1")
            async let completed = daemon.taskctl("as-completed", "1", "--json")
            async let followed = daemon.taskctl("progress", "1", "--follow")
            while try await daemon.http("GET", "/v1/health").json["waiters"]?.intValue ?? 0 < 6 {}
            try await daemon.end(signal)
            try await daemon.start()
            try await daemon.directory.release(pipe)
            for reply in try await [submitted, waited, gathered, completed, followed] {
                #expect(reply.status == 0, "\(reply)")
                #expect(!reply.stdout.isEmpty)
            }
            #expect(try await completed.stdout.split(separator: "\n").count == 1)
        }
    }

    @Test func whatWasAcceptedIsNotSubmittedAgain() async throws {
        try await withDaemon { daemon in
            _ = try daemon.directory.pipe("go")
            async let submitted = daemon.taskctl(["submit", "--wait"] + Self.job)
            async let limited = daemon.taskctl(["submit", "--wait", "--timeout", "2s"] + Self.job)
            while try await daemon.http("GET", "/v1/health").json["waiters"]?.intValue ?? 0 < 2 {}
            try await daemon.end(SIGUSR2)
            let reply = try await submitted
            #expect(reply.status == 3)
            #expect(reply.stderr.contains("it was accepted as"))
            #expect(reply.stderr.contains("waiting up to 10s"))
            #expect(!reply.stderr.contains("again"))
            #expect(try await limited.status == 124)
        }
    }
}
