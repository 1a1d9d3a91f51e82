import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExitCodeTests {
    /// Jobs by how they end.
    private static let jobs: [(name: String, job: JSONValue, code: Int32)] = [
        ("good", ["sleep": 0, "returns": 1], 0),
        ("bad", ["sleep": 0, "raises": ["type": "Boom", "message": "no luck"]], 1),
        ("cancelled", ["sleep": 0, "hold": true], 2),
    ]

    @Test func tellHowATaskEnded() async throws {
        try await withDaemon { daemon in
            for (name, job, code) in Self.jobs {
                let id = try await daemon.submit(job)
                if code == 2 { _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel") }
                _ = try await daemon.done(id)
                for command in ["wait", "gather", "as-completed", "result"] {
                    for json in [[], ["--json"]] {
                        let reply = try await daemon.taskctl([command, "\(id)"] + json)
                        #expect(reply.status == code, "\(command) \(name) \(json): \(reply.stderr)")
                    }
                }
                #expect(try await daemon.taskctl("exception", "\(id)").status == (code == 2 ? 2 : 0))
            }
        }
    }

    @Test func tellHowASubmittedTaskEnded() async throws {
        try await withDaemon { daemon in
            let good = try await daemon.taskctl(
                "submit", "-f", "-", "--wait", input: "sleep: 0\nreturns: {b: 1, a: 2}\n")
            #expect(good.status == 0)
            #expect(try JSONParser.parse(good.stdout).text() == #"{"b":1,"a":2}"#)
            let bad = try await daemon.taskctl("submit", "--wait", "--", "/bin/sh", "-c", "echo why >&2; exit 3")
            #expect(bad.status == 1)
            #expect(bad.stdout.isEmpty)
            #expect(bad.stderr.contains("CommandFailed"))
            let killed = try await daemon.taskctl(
                "submit", "-f", "-", "--wait", input: "race: [{sleep: 1h}]\ntimeout: 50ms\n")
            #expect(killed.status == 1)
            let late = try await daemon.taskctl("submit", "--wait", "--timeout", "50ms", "-f", "-", input: "sleep: 1h")
            #expect(late.status == 124)
            #expect(late.stdout.isEmpty)
        }
    }

    /// What cannot be said of it makes no other end of it.
    @Test(arguments: ["2>&-", "2>/dev/full"])
    func standWithoutStandardError(redirection: String) async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            let bad = try await daemon.run(["shell": "exit 3"])["id"]?.intValue ?? 0
            for (arguments, code) in [
                ("submit --wait -- false", 1), ("submit --wait --timeout 50ms -- sleep 60", 124), ("gather \(bad)", 1),
                ("result \(bad)", 1), ("exception \(id)", 3), ("as-completed \(id) --timeout 50ms", 124),
                ("result 404", 4), ("nonsense", 64),
            ] as [(String, Int32)] {
                let words = arguments.split(separator: " ", maxSplits: 1)
                let rest = words.count > 1 ? String(words[1]) : ""
                let line = "\(Program.taskctl) \(words[0]) --socket \(daemon.socket) \(rest) \(redirection)"
                #expect(try await Program.shell(line).status == code, "\(arguments)")
            }
        }
    }

    @Test func are3WhileATaskIsNotDone() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            for command in ["result", "exception"] {
                let reply = try await daemon.taskctl(command, "\(id)")
                #expect(reply.status == 3, "\(command)")
                #expect(reply.stdout.isEmpty)
            }
        }
    }

    @Test(arguments: [
        "status", "wait", "gather", "as-completed", "result", "exception", "cancel", "logs", "start", "retry",
    ])
    func are4ForATaskThatDoesNotExist(command: String) async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl(command, "404")
            #expect(reply.status == 4, "\(command): \(reply.stderr)")
            #expect(reply.stdout.isEmpty)
            #expect(reply.stderr.contains("404"))
        }
    }

    @Test(arguments: [
        ["wait"], ["wait", "x"], ["submit"], ["submit", "a", "--", "b"], ["list", "--state", "asleep"], ["frobnicate"],
        ["wait", "1", "--timeout", "soon"], ["wait", "1", "--return-when", "NEVER"],
        ["submit", "--priority", "x", "--", "a"],
        ["logs", "1", "--tail", "-1"], ["submit", "-f", "/nonexistent/job.yaml"],
    ])
    func are64ForAWrongCommandLine(arguments: [String]) async throws {
        let reply = try await Program.run(
            Program.taskctl, [arguments[0], "--socket", "/nonexistent/taskd.sock"] + arguments.dropFirst())
        #expect(reply.status == 64, "\(reply.stderr)")
        #expect(reply.stdout.isEmpty)
        #expect(!reply.stderr.isEmpty)
    }

    @Test func are64ForAJobTheDaemonRefuses() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl("submit", "-f", "-", input: "sleep: 1\nslep: 2\n")
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("slep"))
        }
    }

    @Test(arguments: [["ping"], ["status"], ["list"], ["wait", "1"], ["submit", "a"], ["cancel", "1"], ["events"]])
    func are69WithoutADaemon(arguments: [String]) async throws {
        try await withDirectory { directory in
            let socket = directory.path + "/taskd.sock"
            let reply = try await Program.run(
                Program.taskctl, [arguments[0], "--socket", socket] + arguments.dropFirst())
            #expect(reply.status == 69)
            #expect(reply.stdout.isEmpty)
            #expect(reply.stderr.contains(socket))
        }
    }

    @Test func are124WhenTheTimeIsOver() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            for command in ["wait", "as-completed"] {
                let reply = try await daemon.taskctl(command, "\(id)", "--timeout", "50ms")
                #expect(reply.status == 124, "\(command)")
            }
            #expect(try await daemon.task(id)["cancel_requests"] == 0)
            let stopping = try await daemon.taskctl("wait", "\(id)", "--timeout", "50ms", "--cancel-on-timeout")
            #expect(stopping.status == 124)
            #expect(try await daemon.task(id)["state"] == "cancelled")
        }
    }
}
