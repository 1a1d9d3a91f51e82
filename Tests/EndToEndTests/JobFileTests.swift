import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct JobFileTests {
    static let files = [
        "nap.yaml": "sleep: 0\nreturns: rested\nlabels: {from: file}\n",
        "two.json": #"{"gather": [{"sleep": 0, "returns": 1}, {"sleep": 0, "returns": 2}]}"#,
        "wrong.yaml": "sleep: 1\nslep: 2\n",
        "broken.yaml": "sleep: [1\n",
    ]

    @Test func areListedWithWhatIsWrongWithThem() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let jobs = try #require(try await daemon.http("GET", "/v1/jobs").json["jobs"]?.arrayValue)
            #expect(jobs.map { $0["name"] } == ["broken", "nap", "two", "wrong"])
            #expect(jobs.map { $0["error"] == .null } == [false, true, true, false])
            #expect(try await daemon.taskctl("jobs").stdout.contains("nap"))
        }
    }

    @Test func oneThatIsHiddenIsShownAsSuch() async throws {
        let files = ["a.json": #"{"sleep": 0}"#, "a.yaml": "sleep: 1", "a.yml": "sleep: 2"]
        try await withDaemon(jobs: files) { daemon in
            let jobs = try #require(try await daemon.http("GET", "/v1/jobs").json["jobs"]?.arrayValue)
            #expect(jobs.map { $0["job"] } == [["sleep": 0], .null, .null])
            let lines = try await daemon.taskctl("jobs").stdout.split(separator: "\n").dropFirst()
            #expect(lines.map { $0.contains("is hidden by") } == [false, true, true], "\(lines)")
            #expect(try await daemon.taskctl("submit", "a").status == 0)
        }
    }

    @Test func areSubmittedByNameWithOverrides() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let plain = try await daemon.http("POST", "/v1/jobs/nap/submit")
            #expect(plain.status == 201)
            #expect(try plain.json["name"] == "nap")
            let changed = try await daemon.http(
                "POST", "/v1/jobs/nap/submit", ["name": "siesta", "priority": 5, "labels": ["from": "me"]])
            #expect(changed.status == 201)
            let task = try await daemon.done(try changed.json["id"]?.intValue ?? 0)
            #expect(task["name"] == "siesta")
            #expect(task["priority"] == 5)
            #expect(task["labels"] == ["from": "me"])
            #expect(task["result"] == "rested")
        }
    }

    @Test func keepTheirNameWhenTheyAreRetried() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let first = try await daemon.http("POST", "/v1/jobs/nap/submit").json["id"]?.intValue ?? 0
            _ = try await daemon.done(first)
            #expect(try await daemon.http("POST", "/v1/tasks/\(first)/retry").json["name"] == "nap")
        }
    }

    @Test func areSubmittedByTaskctl() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let reply = try await daemon.taskctl("submit", "two", "--wait", "--name", "pair")
            #expect(reply.status == 0)
            #expect(try JSONParser.parse(reply.stdout) == [1, 2])
            let missing = try await daemon.taskctl("submit", "three")
            #expect(missing.stderr.contains("three"))
            #expect(missing.status == 4)
        }
    }

    @Test(arguments: [("wrong", "slep"), ("broken", "broken.yaml")])
    func areRefusedWithTheFileAndTheMistake(name: String, mistake: String) async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let reply = try await daemon.http("POST", "/v1/jobs/\(name)/submit")
            #expect(reply.status == 400)
            let detail = try reply.json["detail"]?.stringValue ?? ""
            #expect(detail.contains(daemon.directory.path + "/jobs/\(name).yaml"), "\(detail)")
            #expect(detail.contains(mistake), "\(detail)")
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }

    @Test func refuseAnOverrideNobodyKnows() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            let reply = try await daemon.http("POST", "/v1/jobs/nap/submit", ["prioritty": 5])
            #expect(reply.status == 400)
            #expect(reply.text.contains("prioritty"))
        }
    }

    @Test(arguments: ["sp ace", "é", "50%"])
    func haveAnyName(name: String) async throws {
        try await withDaemon(jobs: ["\(name).yaml": "sleep: 0"]) { daemon in
            let reply = try await daemon.taskctl("submit", name, "--wait", "--json")
            #expect(try JSONParser.parse(reply.stdout)["name"] == .string(name), "\(reply.stderr)")
        }
    }

    @Test func areReadAgainOnHangUp() async throws {
        try await withDaemon(jobs: Self.files) { daemon in
            try daemon.directory.write("sleep: 0\n", to: "jobs/new.yaml")
            #expect(try await daemon.http("POST", "/v1/jobs/new/submit").status == 404)
            try await daemon.hangUp()
            #expect(try await daemon.http("POST", "/v1/jobs/new/submit").status == 201)
        }
    }
}
