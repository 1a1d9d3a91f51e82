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

    @Test(arguments: [SIGUSR2, SIGKILL])
    func whatIsFollowedGoesOnWithTheNextDaemon(signal: Int32) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo first; echo up; read x < \(pipe); echo down")])
            try await daemon.firstLine(of: id)
            let held = try await daemon.submit(["shell": "echo late", "hold": true])
            async let output = daemon.taskctl("logs", "\(id)", "--follow")
            async let tail = daemon.taskctl("logs", "\(id)", "--follow", "--tail", "1")
            async let late = daemon.taskctl("logs", "\(held)", "--follow")
            async let events = Program.shell(
                "\(Program.taskctl) events --follow --socket \(daemon.socket) | sed /succeeded/q")
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 4 {}
            try await daemon.end(signal)
            try await daemon.start()
            try await daemon.directory.release(pipe)
            #expect(try await output.stdout == "first\nup\ndown\n")
            #expect(try await tail.stdout == "up\ndown\n")
            // What happens next has the events written to a pipe that nobody reads any more.
            _ = try await daemon.taskctl("start", "\(held)")
            #expect(try await late.stdout == "late\n")
            let lines = try await events.stdout.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].contains(" \(id) succeeded"), "\(lines)")
        }
    }

    /// An interrupted command that may run again has an attempt more, which is followed too.
    @Test func theOutputOfAnInterruptedAttemptIsFollowedByThatOfTheNext() async throws {
        try await withDaemon(flags: ["--on-stop", "cancel"]) { daemon in
            let script = "echo up $TASK_ATTEMPT; test $TASK_ATTEMPT = 2 || sleep 3600"
            let id = try await daemon.submit(["shell": .string(script), "on_interrupt": "rerun"])
            try await daemon.firstLine(of: id)
            async let output = daemon.taskctl("logs", "\(id)", "--follow")
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 1 {}
            try await daemon.end(SIGTERM)
            try await daemon.start()
            #expect(try await output.stdout == "up 1\nup 2\n")
            #expect(try await daemon.taskctl("logs", "\(id)", "--attempt", "1").stdout == "up 1\n")
            #expect(try await daemon.taskctl("logs", "\(id)", "--attempt", "3").status == 4)
        }
    }

    /// However it ends when it is asked to.
    @Test(arguments: ["exit 3", "exit 143"]) func anInterruptedCommandRunsAgain(ending: String) async throws {
        try await withDaemon(flags: ["--on-stop", "cancel"]) { daemon in
            let script = "test $TASK_ATTEMPT = 2 && exit; trap '\(ending)' TERM; echo up; sleep 3600 & wait"
            let id = try await daemon.submit(["shell": .string(script), "on_interrupt": "rerun"])
            try await daemon.firstLine(of: id)
            try await daemon.end(SIGTERM)
            try await daemon.start()
            let task = try await daemon.done(id)
            #expect(task["state"] == "succeeded" && task["attempt"] == 2, "\(task)")
        }
    }

    /// On a kill nobody takes the socket away.
    @Test(arguments: [(SIGUSR2, 75), (SIGKILL, 69)] as [(Int32, Int32)])
    func whatIsFollowedSaysWhereToGoOnWhenNoDaemonComes(signal: Int32, status: Int32) async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo up; read x < \(pipe); echo down")])
            try await daemon.firstLine(of: id)
            async let output = daemon.taskctl("logs", "\(id)", "--follow")
            async let events = daemon.taskctl("events", "--follow", "--task", "\(id)")
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 2 {}
            try await daemon.end(signal)
            let (reply, other) = try await (output, events)
            #expect(reply.status == status && other.status == status)
            let place = "--attempt 1 --offset \(reply.stdout.utf8.count)"
            #expect(reply.stderr.hasSuffix("go on with: taskctl logs \(id) --follow \(place)\n"), "\(reply)")
            #expect(other.stderr.contains("go on with: taskctl events --follow --after 2 --task \(id)\n"), "\(other)")
            try await daemon.start()
            try await daemon.directory.release(pipe)
            let rest = try await daemon.taskctl(
                ["logs", "\(id)", "--follow"] + place.split(separator: " ").map(String.init))
            #expect(reply.stdout + rest.stdout == "up\ndown\n")
        }
    }

    /// Nothing is committed, and so nobody is woken, while a command takes its time to end.
    @Test func whoFollowsADaemonThatIsStoppingIsSentAway() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let script = "trap 'read x <\(pipe); exit' TERM; echo up; while :; do sleep 0.05; done"
            let id = try await daemon.submit(["shell": .string(script), "grace": "1m", "retry": 2])
            try await daemon.firstLine(of: id)
            let held = try await daemon.submit(["shell": "true", "hold": true])
            #expect(kill(try #require(daemon.pid), SIGTERM) == 0)
            while !daemon.log.contains("stopping") { await Task.yield() }
            for task in [held, id] {
                await #expect(throws: TestFailure.self) {
                    let output = try await daemon.open("GET", "/v1/tasks/\(task)/output?follow=true")
                    while try await output.line() != nil {}
                }
            }
            try await daemon.directory.release(pipe)
            #expect(try await daemon.ending() == 0)
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
        let status = withUnixAddress(path) { bind(listener, $0, $1) }
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
