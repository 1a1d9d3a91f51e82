import Model
import Testing

/// What one user may take at once, and what is said when it is too much.
@Suite(.timeLimit(.minutes(2)), .enabled(if: OtherUser.isPossible, "needs root, to call as other users"))
struct LimitTests {
    private static let settings = """
        roles: {submit: {users: [61001, 61002]}}
        limits: {unfinished: 5, running: 2, job_bytes: 1000, connections: 6, waiters: 2}
        """
    private let ada = OtherUser(61_001)

    private func withLimits(_ test: (LiveDaemon) async throws -> Void) async throws {
        try await withDaemon(settings: Self.settings) { daemon in
            try daemon.openToAll()
            try await test(daemon)
        }
    }

    private func expectReached(_ reply: HTTPReply, _ limit: String, _ maximum: Int) throws {
        #expect(reply.status == 429, "\(reply.text)")
        #expect(reply.headers["retry-after"] != nil)
        #expect(try reply.json["limit"]?.stringValue == limit)
        #expect(reply.text.contains("limits.\(limit)") && reply.text.contains("\(maximum)"), "\(reply.text)")
    }

    @Test func unfinishedTasksAreLimitedThroughRestartsToo() async throws {
        try await withLimits { daemon in
            let held: JSONValue = ["sleep": 0, "hold": true]
            let first = try await ada.submit(daemon, held)
            // A composite and its members are three more.
            _ = try await ada.submit(daemon, ["gather": [held, held], "hold": true])
            let last = try await ada.submit(daemon, held)
            try expectReached(await ada.http(daemon, "POST", "/v1/tasks", held), "unfinished", 5)
            #expect(try await OtherUser(61_002).submit(daemon, held) > last, "others are not held back")
            try await daemon.restart()
            try daemon.openToAll()
            try expectReached(await ada.http(daemon, "POST", "/v1/tasks", held), "unfinished", 5)
            #expect(try await ada.http(daemon, "POST", "/v1/tasks/\(first)/cancel").status == 200)
            _ = try await ada.submit(daemon, held)
            try expectReached(await ada.http(daemon, "POST", "/v1/tasks", held), "unfinished", 5)
        }
    }

    @Test func whatIsRefusedOrThereAlreadyCountsForNothing() async throws {
        try await withLimits { daemon in
            for _ in 0..<10 {
                let reply = try await ada.http(daemon, "POST", "/v1/tasks", ["sleep": 0, "after": [77]])
                #expect(reply.status == 400)
                let known = try await ada.http(daemon, "POST", "/v1/tasks", ["sleep": 0, "hold": true, "key": "k"])
                #expect(known.status < 300, "\(known.text)")
            }
            for _ in 0..<4 { _ = try await ada.submit(daemon, ["sleep": 0, "hold": true]) }
        }
    }

    @Test func aCompositeThatIsTriedAgainCountsItsNewMembers() async throws {
        try await withLimits { daemon in
            let failing: JSONValue = ["sleep": 0, "raises": ["type": "Boom", "message": ""]]
            let job: JSONValue = ["gather": [failing, failing], "retry": ["attempts": 4, "backoff": 0]]
            for _ in 0..<2 { _ = try await daemon.done(ada.submit(daemon, job)) }
            for _ in 0..<5 { _ = try await ada.submit(daemon, ["sleep": 0, "hold": true]) }
            try expectReached(await ada.http(daemon, "POST", "/v1/tasks", ["sleep": 0]), "unfinished", 5)
        }
    }

    @Test func moreTasksThanMayRunWaitAndSayWhyWhileOthersRun() async throws {
        try await withLimits { daemon in
            var ids: [Int64] = []
            for _ in 0..<3 { ids.append(try await ada.submit(daemon, ["sleep": "1h"])) }
            try await daemon.event("started", of: ids[1])
            // Behind it in the queue, and not held back by it.
            #expect(try await daemon.run(["sleep": 0])["state"] == "succeeded")
            #expect(try await daemon.task(ids[2])["state"] == "queued")
            let why = try await ada.http(daemon, "GET", "/v1/tasks/\(ids[2])/why")
            #expect(why.text.contains("user_full"), "\(why.text)")
            #expect(try await ada.http(daemon, "POST", "/v1/tasks/\(ids[0])/cancel").status == 200)
            try await daemon.event("started", of: ids[2])
        }
    }

    @Test func aCommandThatIsTooLargeIsRefusedForGood() async throws {
        try await withLimits { daemon in
            let large = JSONValue.string(String(repeating: "x", count: 1000))
            let jobs: [JSONValue] = [
                ["command": ["true", large]], ["shell": "true", "env": ["X": large]],
                ["gather": [["sleep": 0], ["command": ["true", large]]]], ["sleep": 0, "on_done": ["true", large]],
                ["check": ["command": ["argv": ["true", large]]]],
            ]
            for job in jobs {
                let reply = try await ada.http(daemon, "POST", "/v1/tasks", job)
                #expect(reply.status == 413, "\(reply.text)")
                #expect(try reply.json["limit"] == "job_bytes")
                #expect(reply.headers["retry-after"] == nil, "waiting does not help")
            }
            let many = JSONValue.array([JSONValue](repeating: ["sleep": 0], count: 6))
            #expect(try await ada.http(daemon, "POST", "/v1/tasks", many).status == 413)
        }
    }

    @Test func waitersAndConnectionsAreLimited() async throws {
        try await withLimits { daemon in
            let id = try await ada.submit(daemon, ["sleep": 0, "hold": true])
            let waiting =
                ada.prefix + [
                    "/usr/bin/curl", "-sN", "--unix-socket", daemon.socket, "http://t/v1/events?follow=true&after=0",
                ]
            let line = "for i in 1 2; do \(waiting.joined(separator: " ")) & done; echo; wait"
            let waiters = Task { try await Program.shell(line) }
            // Who asks too early takes the place of one of them.
            while try await daemon.http("GET", "/v1/health").json["waiters"] != 2 {}
            let reply = try await ada.http(daemon, "POST", "/v1/wait", ["ids": [.int(id)], "timeout": 0.01])
            try expectReached(reply, "waiters", 2)
            let refused = try await ada.taskctl(daemon, "wait", "\(id)")
            #expect(refused.status == 75)
            #expect(refused.stderr.contains("limits.waiters allows, 2"), "\(refused.stderr)")
            try await daemon.kill9()
            _ = try await waiters.value
        }
    }

    @Test func connectionsAreLimitedAndFreeAgain() async throws {
        try await withLimits { daemon in
            let script = """
                import os, socket, sys
                os.setgroups([]); os.setgid(65534); os.setuid(61001)
                def connect():
                    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); return s
                def ask(s):
                    s.sendall(b"GET /v1/health HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n")
                    return s.recv(65536)
                held = [connect() for _ in range(6)]
                print([ask(s).split()[1].decode() for s in held])
                answer = connect().recv(65536).decode()
                print(answer.split()[1], "limits.connections" in answer, "retry-after" in answer)
                held.pop().close()
                print(next(True for _ in iter(int, 1) if ask(connect()).split()[1] == b"200"))
                """
            let ending = try await Program.run("/usr/bin/env", ["python3", "-c", script, daemon.socket])
            let lines = ending.stdout.split(separator: "\n")
            #expect(lines == ["['200', '200', '200', '200', '200', '200']", "429 True True", "True"], "\(ending)")
            #expect(try await daemon.http("GET", "/v1/health").status == 200, "the daemon's own user is not held back")
        }
    }
}
