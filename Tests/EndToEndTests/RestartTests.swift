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

    /// On a kill nobody takes the socket away, and there is no daemon to go on with.
    @Test(arguments: [(SIGUSR2, 75), (SIGTERM, 75), (SIGKILL, 69)] as [(Int32, Int32)])
    func outputThatIsFollowedSaysWhereToGoOn(signal: Int32, status: Int32) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo up; read x < \(pipe); echo down")])
            try await daemon.firstLine(of: id)
            let held = try await daemon.submit(["shell": "true", "hold": true])
            async let followed = daemon.taskctl("logs", "\(id)", "--follow")
            async let waiting = daemon.taskctl("logs", "\(held)", "--follow")
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 2 {}
            try await daemon.end(signal)
            let reply = try await followed
            // On SIGTERM the command may have ended first.
            #expect(reply.status == status || signal == SIGTERM, "\(reply)")
            // It may have been heard of too early to have written anything.
            #expect(["", "up\n"].contains(reply.stdout))
            #expect(try await waiting.status == status)
            guard signal == SIGUSR2 else { return }
            let offset = "\(reply.stdout.utf8.count)"
            #expect(reply.stderr.contains("go on with: taskctl logs \(id) --follow --offset \(offset)\n"), "\(reply)")
            try await daemon.start()
            try await daemon.directory.release(pipe)
            let rest = try await daemon.taskctl("logs", "\(id)", "--follow", "--offset", offset)
            #expect(reply.stdout + rest.stdout == "up\ndown\n")
        }
    }

    /// A service manager holds the socket, and no daemon comes.
    @Test func aWaitEndsInItsTimeBehindASocketThatNobodyServes() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h", "on_interrupt": "rerun"])
            async let limited = daemon.taskctl("wait", "\(id)", "--timeout", "2s")
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 1 {}
            try await daemon.end(SIGUSR2)
            let listener = try Self.listen(at: daemon.socket)
            defer { close(listener) }
            let begin = ContinuousClock.now
            #expect(try await limited.status == 124)
            #expect(ContinuousClock.now - begin < .seconds(20))
            #expect(unlink(daemon.socket) == 0)
        }
    }

    private static func listen(at path: String) throws -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0, Glibc.listen(listener, 16) == 0 else { throw TestFailure.system("listen") }
        return listener
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
            #expect(reply.stderr.contains("waiting up to 5s"))
            #expect(!reply.stderr.contains("again"))
            #expect(try await limited.status == 124)
        }
    }
}
