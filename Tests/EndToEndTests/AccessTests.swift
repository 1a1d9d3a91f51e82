import Glibc
import Model
import Testing

@testable import Daemon

/// Who may do what, asked by real users of other numbers on a socket that everybody reaches.
@Suite(.timeLimit(.minutes(5)), .enabled(if: OtherUser.isPossible, "needs root, to call as other users"))
struct AccessTests {
    private static let settings = """
        roles:
          admin: {users: [61001]}
          submit: {users: [61002], groups: [62003]}
          own: {users: [61004, 61007]}
          read: {users: [61005, 61006, 61007]}
        """

    /// Those who call, with the roles that the settings give them.
    static let callers: [(user: OtherUser, roles: Roles)] = [
        (OtherUser(0, group: 0), .admin),
        (OtherUser(61_001), .admin),
        (OtherUser(61_002), [.submit, .own]),
        (OtherUser(61_003, group: 62_003), [.submit, .own]),
        (OtherUser(61_003, groups: [62_001, 62_003]), [.submit, .own]),
        (OtherUser(61_004), .own),
        (OtherUser(61_005), .read),
        (OtherUser(61_007), [.read, .own]),
        (OtherUser(65_534), []),
        (OtherUser(61_003, groups: [62_001]), []),
    ]

    @Test(arguments: callers)
    func everyRouteIsForItsRoles(user: OtherUser, roles: Roles) async throws {
        try await withDaemon(jobs: ["nap.yaml": "sleep: 0"], settings: Self.settings) { daemon in
            try daemon.openToAll()
            let other = try await daemon.submit(["sleep": 0, "hold": true])
            let own = try await taskOf(user, daemon)
            for route in Routes.listing {
                for id in route.path.contains(":id") ? [own, other] : [own] {
                    let call = "\(route.method) \(route.path) on \(id == own ? "one's own" : "another's")"
                    let reply = try await ask(route, id, user, daemon)
                    let isDenied = reply.status == 403 || reply.status == 404
                    // Said here once more, so that it is not the code that says what is right of it.
                    let isForAll = roles.contains(.admin) || roles.contains(.read) && route.roles.contains(.read)
                    let isForOwn = !roles.isDisjoint(with: route.roles)
                    if isForAll || isForOwn && (id == own || user.uid == 0) {
                        #expect(!isDenied, "\(call): \(reply.text)")
                    } else {
                        let status = !isForOwn || roles.contains(.read) ? 403 : 404
                        #expect(reply.status == status, "\(call): \(reply.text)")
                    }
                }
            }
            let unknown = try await user.http(daemon, "GET", "/v1/nothing")
            #expect(unknown.status == (roles.isEmpty ? 403 : 404))
        }
    }

    /// A task that counts as submitted by `user`, who may not be able to.
    private func taskOf(_ user: OtherUser, _ daemon: LiveDaemon) async throws -> Int64 {
        let id = try await daemon.submit(["sleep": 0, "hold": true])
        let change = "UPDATE tasks SET submitted_uid = \(user.uid) WHERE id = \(id)"
        let ending = try await Program.run("/usr/bin/sqlite3", [daemon.history, change])
        guard ending.status == 0 else { throw TestFailure(ending.stderr) }
        return id
    }

    private func ask(
        _ route: (method: String, path: String, roles: Roles), _ id: Int64, _ user: OtherUser, _ daemon: LiveDaemon
    ) async throws -> HTTPReply {
        let path = route.path.replacing(":id", with: "\(id)").replacing(":name", with: "nap")
        let bodies: [String: JSONValue] = [
            "/v1/tasks": ["sleep": 0], "/v1/wait": ["ids": [.int(id)], "timeout": 0],
            "/v1/as_completed": ["ids": [.int(id)], "timeout": 0], "/v1/prune": ["keep": 1000],
            "/v1/backup": ["path": .string("\(daemon.state)/copy-\(user.uid)")], "/v1/queues/:name": ["paused": false],
        ]
        return try await user.http(daemon, route.method, path, route.method == "GET" ? nil : bodies[route.path])
    }

    @Test func whoSeesOnlyTheirOwnSeesNoTraceOfOthers() async throws {
        try await withDaemon(settings: Self.settings) { daemon in
            try daemon.openToAll()
            let (ada, bob) = (OtherUser(61_002), OtherUser(61_003, group: 62_003))
            let theirs = try await bob.submit(daemon, ["sleep": 0, "name": "secret", "key": "k"])
            _ = try await daemon.done(theirs)
            let mine = try await ada.submit(daemon, ["sleep": 0, "name": "mine", "key": "k"])
            #expect(mine != theirs, "a key is one user's")
            _ = try await daemon.done(mine)
            let list = try await ada.http(daemon, "GET", "/v1/tasks").json["tasks"]?.arrayValue
            #expect(list?.map { $0["name"] } == ["mine"])
            let events = try await ada.http(daemon, "GET", "/v1/events").text
            #expect(events.contains("\"task_id\":\(mine)") && !events.contains("\"task_id\":\(theirs)"), "\(events)")
            for path in ["/v1/wait", "/v1/as_completed"] {
                let reply = try await ada.http(daemon, "POST", path, ["ids": [.int(mine), .int(theirs)]])
                #expect(reply.status == 404, "\(path): \(reply.text)")
            }
            let after = try await ada.http(daemon, "POST", "/v1/tasks", ["sleep": 0, "after": [.int(theirs)]])
            #expect(after.status == 400 && after.text.contains("no task \(theirs)"), "\(after.text)")
            let unknown = try await ada.http(daemon, "GET", "/v1/tasks/999")
            let hidden = try await ada.http(daemon, "GET", "/v1/tasks/\(theirs)")
            let (told, known) = (try hidden.json, try unknown.json)
            for key in ["title", "status", "detail"] {
                let told = told[key]?.text().replacing("\(theirs)", with: "999")
                #expect(told == known[key]?.text(), "no word tells them apart")
            }
        }
    }

    @Test func aFollowerOfTheirOwnIsToldNothingElse() async throws {
        try await withDaemon(settings: Self.settings) { daemon in
            try daemon.openToAll()
            let ada = OtherUser(61_002)
            let mine = try await ada.submit(daemon, ["sleep": 0, "hold": true])
            let events = "http://t/v1/events?follow=true&after=0"
            let line = "exec curl -sN --unix-socket \(daemon.socket) '\(events)'"
            let command = ada.prefix + ["/bin/sh", "-c", line]
            let follow = Task { try await Program.run(command[0], Array(command.dropFirst())) }
            while try await daemon.http("GET", "/v1/health").json["waiters"] == 0 {}
            _ = try await daemon.run(["sleep": 0])
            #expect(try await ada.http(daemon, "POST", "/v1/tasks/\(mine)/start").status == 200)
            _ = try await daemon.done(mine)
            // The streams of a daemon that stops end with what there was.
            try await daemon.end(SIGTERM)
            let told = try await follow.value.stdout
            let ids = told.matches(of: /"task_id":([0-9]+)/).map { $0.output.1 }
            #expect(!ids.isEmpty && ids.allSatisfy { $0 == "\(mine)" }, "\(told)")
        }
    }

    /// The kernel notes who connects, when they do.
    @Test func whatAClientBecomesAfterConnectingChangesNothing() async throws {
        try await withDaemon { daemon in
            try daemon.openToAll()
            let script = """
                import os, socket, sys
                def ask(s):
                    s.sendall(b"GET /v1/health HTTP/1.1\\r\\nHost: t\\r\\nConnection: close\\r\\n\\r\\n")
                    return s.recv(65536).split()[1].decode()
                early = socket.socket(socket.AF_UNIX); early.connect(sys.argv[1])
                os.setgroups([]); os.setgid(65534); os.setuid(65534)
                late = socket.socket(socket.AF_UNIX); late.connect(sys.argv[1])
                print(ask(early), ask(late))
                """
            let ending = try await Program.run("/usr/bin/env", ["python3", "-c", script, daemon.socket])
            #expect(ending.stdout == "200 403\n", "\(ending.stderr)")
        }
    }

    @Test func membersOfTheSocketsGroupSubmitAndStrangersDoNothing() async throws {
        try await withDaemon(settings: "socket_group: daemon\n") { daemon in
            guard let group = getgrnam("daemon")?.pointee.gr_gid else { throw TestFailure("no group daemon") }
            guard chmod(daemon.directory.path, 0o711) == 0 else { throw TestFailure.system("chmod") }
            let member = OtherUser(61_009, group: group)
            let id = try await member.submit(daemon, ["sleep": "1h"])
            #expect(try await member.http(daemon, "POST", "/v1/tasks/\(id)/cancel").status == 200)
            #expect(try await member.http(daemon, "POST", "/v1/prune", ["keep": 0]).status == 403)
            let root = try await daemon.submit(["sleep": 0])
            #expect(try await member.http(daemon, "GET", "/v1/tasks/\(root)").status == 404)
            #expect(
                try await OtherUser(61_010).taskctl(daemon, "ping").status == 77, "the socket's mode keeps them out")
            try daemon.openToAll()
            let refused = try await OtherUser(61_010).taskctl(daemon, "ping")
            #expect(refused.status == 77)
            #expect(refused.stderr.contains("user 61010 has no role here"), "\(refused.stderr)")
        }
    }

    /// A job has its daemon's user, and may do what that user may; the documents say so.
    @Test func aJobMayUseTheSocket() async throws {
        try await withDaemon { daemon in
            let ask = "exec curl -s --unix-socket $TASKD_SOCKET http://t/v1/health"
            let task = try await daemon.run(["shell": .string(ask)])
            #expect(task["result"]?["stdout"]?.stringValue?.contains("\"status\":\"ok\"") == true, "\(task.text())")
        }
    }
}
