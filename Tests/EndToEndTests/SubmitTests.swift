import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SubmitTests {
    @Test func answersTheTaskWithEveryFieldOfTheContract() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http("POST", "/v1/tasks", ["sleep": 0, "name": "nap", "hold": true])
            #expect(reply.status == 201)
            let task = try #require(try reply.json.objectValue)
            let fields = [
                "id", "name", "kind", "state", "done", "parent_id", "job", "result", "exception", "cancel_requests",
                "cancel_message", "shield", "progress", "queue", "priority", "attempt", "max_attempts", "timeout",
                "waiting_for", "key", "labels", "submitted_at", "started_at", "finished_at", "submitted_by", "done_seq",
                "detail",
            ]
            for field in fields { #expect(task[field] != nil, "\(field) is missing") }
            #expect(task["name"] == "nap")
            #expect(task["kind"] == "sleep")
            #expect(task["state"] == "held")
            #expect(task["done"] == false)
            #expect(task["started_at"] == .null)
        }
    }

    @Test func namesATaskAfterItsNumberAndGivesTheDefaultResult() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["sleep": "10ms"])
            let id = try #require(task["id"]?.intValue)
            #expect(task["name"] == .string("Task-\(id)"))
            #expect(task["state"] == "succeeded")
            #expect(task["result"] == "Completed after 0.01s")
            #expect(task["done_seq"]?.intValue != nil)
        }
    }

    @Test func takesAListInOrder() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http(
                "POST", "/v1/tasks",
                [["sleep": 0, "name": "a"], ["sleep": 0, "name": "b"], ["sleep": 0, "name": "c"]])
            #expect(reply.status == 201)
            let tasks = try #require(try reply.json.arrayValue)
            #expect(tasks.map { $0["name"] } == ["a", "b", "c"])
            let ids = tasks.compactMap { $0["id"]?.intValue }
            #expect(ids == ids.sorted() && Set(ids).count == 3)
        }
    }

    @Test func storesNothingOfAListWithOneMistake() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http(
                "POST", "/v1/tasks", [["sleep": 0], ["sleep": 0, "gather": []], ["sleep": 0]])
            #expect(reply.status == 400)
            #expect(try reply.json["detail"]?.stringValue?.contains("[1]") == true)
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }

    @Test func answersTheFirstTaskAgainForTheSameKey() async throws {
        try await withDaemon { daemon in
            let job: JSONValue = ["sleep": 0, "key": "nightly"]
            let first = try await daemon.http("POST", "/v1/tasks", job)
            let second = try await daemon.http("POST", "/v1/tasks", job)
            #expect([first.status, second.status] == [201, 200])
            #expect(try first.json["id"] == second.json["id"])
        }
    }

    @Test func startsAHeldTaskWhenAsked() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "hold": true, "returns": 7])
            #expect(try await daemon.http("POST", "/v1/tasks/\(id)/start").status == 200)
            #expect(try await daemon.done(id)["result"] == 7)
        }
    }

    @Test func retriesADoneTaskAsANewOne() async throws {
        try await withDaemon { daemon in
            let job: JSONValue = ["sleep": 0, "raises": ["type": "Boom", "message": "no"]]
            let id = try #require(try await daemon.run(job)["id"]?.intValue)
            let reply = try await daemon.http("POST", "/v1/tasks/\(id)/retry")
            #expect(reply.status == 201)
            let again = try #require(try reply.json["id"]?.intValue)
            #expect(again != id)
            #expect(try await daemon.done(again)["exception"]?["type"] == "Boom")
        }
    }

    @Test func runsAfterItsDependenciesAndFailsWithThem() async throws {
        try await withDaemon { daemon in
            let good = try await daemon.submit(["sleep": 0])
            let bad = try await daemon.submit(["sleep": 0, "raises": ["type": "Boom", "message": "no"]])
            let afterGood = try await daemon.submit(["sleep": 0, "returns": 1, "after": [.int(good)]])
            let afterBad = try await daemon.submit(["sleep": 0, "after": [.int(bad)]])
            #expect(try await daemon.done(afterGood)["result"] == 1)
            #expect(try await daemon.done(afterBad)["exception"]?["type"] == "DependencyFailed")
        }
    }

    @Test func takesJobsFromStandardInputAndFromTheCommandLine() async throws {
        try await withDaemon { daemon in
            let yaml = try await daemon.taskctl(
                "submit", "-f", "-", "--name", "piped", "--wait", input: "sleep: 0\nreturns: {a: 1}\n")
            #expect(yaml.status == 0)
            #expect(try JSONParser.parse(yaml.stdout) == ["a": 1])
            let command = try await daemon.taskctl("submit", "--wait", "--label", "k=v", "--", "pwd")
            #expect(try JSONParser.parse(command.stdout)["stdout"] == .string(daemon.directory.path + "\n"))
            let listed = try await daemon.taskctl("list", "--label", "k=v", "--json")
            #expect(try JSONParser.parse(listed.stdout).arrayValue?.count == 1)
        }
    }

    @Test func printsTheNumberAlone() async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.taskctl("submit", "--hold", "--", "true")
            #expect(reply.status == 0)
            #expect(reply.stdout.wholeMatch(of: /[0-9]+\n/) != nil)
            #expect(reply.stderr.isEmpty)
        }
    }
}
