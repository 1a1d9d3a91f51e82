import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ErrorTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        var body = ""
        let status: Int
        /// What the explanation names.
        var names = ""

        var testDescription: String { "\(method) \(path) \(body) → \(status)" }
    }

    static let mistakes = [
        Mistake(method: "POST", path: "/v1/tasks", body: "{", status: 400),
        Mistake(method: "POST", path: "/v1/tasks", body: "{} {}", status: 400),
        Mistake(method: "POST", path: "/v1/tasks", body: "", status: 400, names: "body"),
        Mistake(method: "POST", path: "/v1/tasks", body: "3", status: 400),
        Mistake(method: "POST", path: "/v1/tasks", body: "[]", status: 400, names: "empty"),
        Mistake(method: "POST", path: "/v1/tasks", body: "{}", status: 400, names: "kind"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"sleep": 1, "naem": "x"}"#, status: 400, names: "naem"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"sleep": 1, "shell": "x"}"#, status: 400, names: "shell"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"sleep": -1}"#, status: 400, names: "sleep"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"sleep": 1e300}"#, status: 400, names: "sleep"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"gather": []}"#, status: 400, names: "gather"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"command": []}"#, status: 400, names: "command"),
        Mistake(
            method: "POST", path: "/v1/tasks",
            body: #"{"gather": [{"sleep": 0}, {"check": {"sqlite": {"path": 3, "sql": "x"}}}]}"#, status: 400,
            names: "gather[1].check.sqlite.path"),
        Mistake(
            method: "POST", path: "/v1/tasks", body: #"{"command": ["ls"], "cwd": "/nowhere"}"#, status: 400,
            names: "cwd"),
        Mistake(
            method: "POST", path: "/v1/tasks",
            body: #"[{"sleep": 0}, {"gather": [{"race": [{"shell": "x", "cwd": "/dev/null"}]}]}]"#, status: 400,
            names: "[1].gather[0].race[0].cwd"),
        Mistake(method: "POST", path: "/v1/tasks", body: #"{"sleep": 0, "after": [99]}"#, status: 400, names: "99"),
        Mistake(
            method: "POST", path: "/v1/tasks", body: #"{"gather": [{"sleep": 0, "after": [2]}]}"#, status: 400,
            names: "no task 2"),
        Mistake(
            method: "POST", path: "/v1/tasks",
            body: #"[{"sleep": 0}, {"gather": [{"race": [{"sleep": 0, "after": [99]}]}]}]"#, status: 400,
            names: "[1].gather[0].race[0].after[0]: no task 99"),
        Mistake(
            method: "POST", path: "/v1/tasks?overrides=%7B%22shell%22:%22x%22%7D", body: #"{"sleep": 0}"#, status: 400,
            names: "shell"),
        Mistake(
            method: "POST", path: "/v1/tasks?overrides=%7B%22key%22:%22x%22%7D", body: #"[{"sleep": 0}, {"sleep": 0}]"#,
            status: 400, names: "key"),
        Mistake(method: "POST", path: "/v1/tasks/1/retry", body: #"{"name": "x"}"#, status: 400, names: "name"),
        Mistake(method: "GET", path: "/v1/events?task_id=404", status: 404, names: "404"),
        Mistake(method: "POST", path: "/v1/tasks?dry=1", body: #"{"sleep": 0}"#, status: 400, names: "dry"),
        Mistake(method: "POST", path: "/v1/wait", body: #"{"ids": []}"#, status: 400, names: "ids"),
        Mistake(
            method: "POST", path: "/v1/wait", body: #"{"ids": [1], "return_when": "X"}"#, status: 400,
            names: "return_when"),
        Mistake(method: "POST", path: "/v1/wait", body: #"{"ids": [404]}"#, status: 404, names: "404"),
        Mistake(method: "POST", path: "/v1/as_completed", body: #"{"ids": [404]}"#, status: 404, names: "404"),
        Mistake(method: "GET", path: "/v1/tasks?colour=red", status: 400, names: "colour"),
        Mistake(method: "GET", path: "/v1/tasks?state=asleep", status: 400, names: "state"),
        Mistake(method: "GET", path: "/v1/tasks?limit=0", status: 400, names: "limit"),
        Mistake(method: "GET", path: "/v1/tasks?cursor=x", status: 400, names: "cursor"),
        Mistake(method: "GET", path: "/v1/events?after=-1", status: 400, names: "after"),
        Mistake(method: "GET", path: "/v1/health?x=1", status: 400, names: "x"),
        Mistake(method: "GET", path: "/v1/health?&&x=1&", status: 400, names: "x: unknown"),
        Mistake(method: "GET", path: "/v1/health?=1", status: 400, names: "\"\": unknown"),
        Mistake(method: "GET", path: "/v1/tasks?=1", status: 400, names: "\"\": unknown"),
        Mistake(method: "GET", path: "/v1/tasks/404", status: 404, names: "404"),
        Mistake(method: "GET", path: "/v1/tasks/99999999999999999999", status: 404),
        Mistake(method: "GET", path: "/v1/tasks/one", status: 404, names: "one"),
        Mistake(method: "POST", path: "/v1/tasks/404/cancel", status: 404, names: "404"),
        Mistake(method: "GET", path: "/v1/tasks/404/output", status: 404, names: "404"),
        Mistake(method: "POST", path: "/v1/jobs/none/submit", status: 404, names: "none"),
        Mistake(method: "GET", path: "/", status: 404),
        Mistake(method: "GET", path: "/v2/tasks", status: 404),
        Mistake(method: "DELETE", path: "/v1/tasks", status: 405, names: "DELETE"),
        Mistake(method: "POST", path: "/v1/health", status: 405, names: "POST"),
        Mistake(method: "GET", path: "/v1/wait", status: 405, names: "GET"),
        Mistake(method: "POST", path: "/v1/tasks/1/start", status: 409, names: "1"),
        Mistake(method: "GET", path: "/v1/tasks/1/output", status: 409, names: "1"),
        Mistake(method: "PATCH", path: "/v1/queues/a%20b", body: "{}", status: 400, names: "name"),
        Mistake(method: "PATCH", path: "/v1/queues/default", body: #"{"max": 1}"#, status: 400, names: "max"),
    ]

    @Test func answersEveryMistakeWithAProblemAndLivesOn() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            for mistake in Self.mistakes {
                let reply = try await daemon.http(mistake.method, mistake.path, bytes: Array(mistake.body.utf8))
                expectProblem(reply, mistake.status, mistake.testDescription)
                let detail = try reply.json["detail"]?.stringValue ?? ""
                #expect(detail.contains(mistake.names), "\(mistake.testDescription): \(detail)")
            }
            let tasks = try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue
            #expect(tasks?.count == 1, "a refused request must store nothing")
        }
    }

    /// What a job is refused for is seen without submitting it.
    @Test func aDryRunRefusesWhatWouldBeRefused() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            for mistake in Self.mistakes
            where mistake.method == "POST" && mistake.path.split(separator: "?")[0] == "/v1/tasks" {
                let path = mistake.path + (mistake.path.contains("?") ? "&" : "?") + "dry_run=true"
                let reply = try await daemon.http("POST", path, bytes: Array(mistake.body.utf8))
                expectProblem(reply, mistake.status, mistake.testDescription)
                #expect(reply.text.contains(mistake.names), "\(mistake.testDescription): \(reply.text)")
            }
            for fine in [#"{"sleep": 0, "after": [1]}"#, #"[{"gather": [{"sleep": 0, "after": [1]}]}]"#] {
                let reply = try await daemon.http("POST", "/v1/tasks?dry_run=true", bytes: Array(fine.utf8))
                #expect(reply.status == 200, "\(reply.text)")
            }
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue?.count == 1)
        }
    }

    @Test func saysWhichMethodsAreAnswered() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http("DELETE", "/v1/tasks")
            #expect(reply.headers["allow"]?.contains("POST") == true)
        }
    }

    @Test func refusesABodyOverTheLimit() async throws {
        try await withDaemon { daemon in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 9 << 20)
            expectProblem(try await daemon.http("POST", "/v1/tasks", bytes: body), 413, "9 MiB")
            #expect(try await daemon.http("GET", "/v1/health").status == 200)
        }
    }

    @Test func takesABodyJustBelowTheLimit() async throws {
        try await withDaemon { daemon in
            let padding = [UInt8](repeating: UInt8(ascii: " "), count: (8 << 20) - 100)
            let reply = try await daemon.http("POST", "/v1/tasks", bytes: padding + Array(#"{"sleep": 0}"#.utf8))
            #expect(reply.status == 201)
        }
    }

    /// What submits nothing has no use for a body as large as a submission.
    @Test(arguments: [
        ("POST", "/v1/wait", 3 << 20), ("POST", "/v1/as_completed", 3 << 20), ("POST", "/v1/tasks/1/cancel", 100_000),
        ("POST", "/v1/tasks/1/pause", 100_000), ("POST", "/v1/tasks/1/retry", 100_000), ("POST", "/v1/prune", 100_000),
        ("PATCH", "/v1/queues/default", 100_000), ("POST", "/v1/backup", 100_000),
    ])
    func refusesABodyThatTheRouteHasNoUseFor(method: String, path: String, size: Int) async throws {
        try await withDaemon { daemon in
            _ = try await daemon.submit(["sleep": "1h"])
            let body = [UInt8](repeating: UInt8(ascii: " "), count: size)
            expectProblem(try await daemon.http(method, path, bytes: body), 413, path)
            let head =
                "\(method) \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
            let chunk = String(size, radix: 16) + "\r\n" + String(repeating: " ", count: size) + "\r\n0\r\n\r\n"
            #expect(try await daemon.raw(head + chunk).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func waitsForAsManyTasksAsOneMayName() async throws {
        try await withDaemon { daemon in
            let ids = (0..<100_000).map { JSONValue.int(Int64.max - $0) }
            // Far from the limit of the body: what is wrong with it is that nobody knows the tasks.
            expectProblem(try await daemon.http("POST", "/v1/wait", ["ids": .array(ids)]), 404, "100,000 ids")
        }
    }

    /// `null` says nothing, and is refused as whatever else is no object.
    @Test(arguments: [
        "/v1/tasks", "/v1/jobs/nap/submit", "/v1/tasks/1/cancel", "/v1/tasks/1/retry", "/v1/wait",
        "/v1/tasks?overrides=null",
    ])
    func nullIsNoDocument(path: String) async throws {
        try await withDaemon(jobs: ["nap.yaml": "sleep: 0"]) { daemon in
            _ = try await daemon.run(["sleep": 0])
            let body = path.contains("overrides") ? #"{"sleep": 0}"# : "null"
            expectProblem(try await daemon.http("POST", path, bytes: Array(body.utf8)), 400, path)
        }
    }

    @Test func livesOnAfterWhatIsNoHTTP() async throws {
        try await withDaemon { daemon in
            let garbage = try? await HTTPStream(
                socket: daemon.socket, method: "\u{0}\u{1}\u{2}", path: "nowhere", headers: [:], body: [0xFF, 0xFE])
            #expect(garbage.map { $0.head.status >= 400 } ?? true)
            let health = try await daemon.http("GET", "/v1/health")
            #expect(health.status == 200)
        }
    }

    private func expectProblem(
        _ reply: HTTPReply, _ status: Int, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == status, "\(what): \(reply.text)", sourceLocation: sourceLocation)
        #expect(reply.headers["content-type"] == "application/problem+json", "\(what)", sourceLocation: sourceLocation)
        let problem = try? JSONParser.parse(reply.body)
        #expect(problem?["status"] == .int(Int64(status)), "\(what)", sourceLocation: sourceLocation)
        #expect(problem?["title"]?.stringValue?.isEmpty == false, "\(what)", sourceLocation: sourceLocation)
        #expect(problem?["detail"]?.stringValue != nil, "\(what)", sourceLocation: sourceLocation)
    }
}
