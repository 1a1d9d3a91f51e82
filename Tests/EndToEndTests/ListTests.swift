import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ListTests {
    /// What is around a value in a reply is deeper than what may be submitted.
    @Test func theDeepestThereMayBeIsRead() async throws {
        try await withDaemon { daemon in
            let value = String(repeating: "[", count: 255) + String(repeating: "]", count: 255)
            let body = Array(#"{"sleep": 0, "returns": \#(value)}"#.utf8)
            #expect(try await daemon.http("POST", "/v1/tasks", bytes: body).status == 201)
            for command in [["wait", "1"], ["list"], ["status"], ["history"], ["result", "1"]] {
                let reply = try await daemon.taskctl(command)
                #expect(reply.status == 0, "\(command): \(reply.stderr)")
            }
        }
    }

    @Test func filtersByEachField() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0, "name": "night-1", "labels": ["site": "north"]])
            _ = try await daemon.submit(["sleep": 0, "name": "night-2", "hold": true, "queue": "slow"])
            _ = try await daemon.run(["shell": "exit 1", "name": "day"])
            let group = try await daemon.run(["gather": [["sleep": 0, "name": "member"]], "name": "group"])
            let parent = try #require(group["id"]?.intValue)
            let start = try #require(group["submitted_at"]?.stringValue)
            let expected: [(query: String, names: [String])] = [
                ("", ["night-1", "night-2", "day", "group", "member"]),
                ("state=held", ["night-2"]), ("state=failed", ["day"]), ("state=held,failed", ["night-2", "day"]),
                ("name=night-*", ["night-1", "night-2"]), ("name=night-%5B2%5D", ["night-2"]), ("name=n", []),
                ("kind=shell", ["day"]), ("queue=slow", ["night-2"]), ("label=site:north", ["night-1"]),
                ("label=site:south", []), ("parent_id=\(parent)", ["member"]), ("since=\(start)", ["group", "member"]),
                ("until=\(start)", ["night-1", "night-2", "day"]), ("name=night-*&state=succeeded", ["night-1"]),
                ("order=desc&limit=2", ["member", "group"]),
            ]
            for (query, names) in expected {
                let tasks = try await daemon.http("GET", "/v1/tasks?\(query)").json["tasks"]?.arrayValue
                #expect(tasks?.compactMap { $0["name"]?.stringValue } == names, "\(query)")
            }
        }
    }

    @Test func theOverviewShowsWhatIsQueuedHoweverMuchIsHeld() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.submit([JSONValue](repeating: ["sleep": 0, "hold": true, "name": "kept"], count: 60))
            let queued = try await daemon.submit([JSONValue](repeating: ["sleep": 0, "delay": "1h"], count: 3))
            let overview = try await daemon.taskctl("status", "--json")
            let waiting = try #require(try JSONParser.parse(overview.stdout)["queued"]?.arrayValue)
            #expect(waiting.prefix(3).map { $0["id"]?.intValue } == queued)
            #expect(waiting.count == 53 && waiting.dropFirst(3).allSatisfy { $0["name"] == "kept" })
            #expect(overview.stderr.contains("--state held"), "\(overview.stderr)")
            _ = try await daemon.submit([JSONValue](repeating: ["sleep": 0, "delay": "1h"], count: 50))
            let more = try await daemon.taskctl("status")
            #expect(more.stderr.contains("--state queued") && more.stderr.contains("--state held"), "\(more.stderr)")
        }
    }

    @Test func whatHasJustEndedComesFirst() async throws {
        try await withDaemon { daemon in
            let long = try await daemon.submit(["sleep": 0, "hold": true, "name": "long"])
            _ = try await daemon.submit([JSONValue](repeating: ["sleep": 0, "name": "short"], count: 12))
            for id in long + 1...long + 12 { _ = try await daemon.done(id) }
            #expect(try await daemon.taskctl("start", "\(long)").status == 0)
            _ = try await daemon.done(long)
            let overview = try JSONParser.parse(try await daemon.taskctl("status", "--json").stdout)
            #expect(overview["recent"]?.arrayValue?.first?["id"] == .int(long))
            let history = try JSONParser.parse(try await daemon.taskctl("history", "--json").stdout).arrayValue
            #expect(history?.count == 13 && history?.first?["id"] == .int(long))
        }
    }

    @Test(arguments: ["nightly [main]", "a*", "a?", "[", "a]b"])
    func aNameIsFoundHoweverItIsWritten(name: String) async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "name": .string(name)])
            _ = try await daemon.submit(["sleep": 0, "name": "ab"])
            let reply = try await daemon.taskctl("status", name, "--json")
            #expect(reply.status == 0, "\(reply.stderr)")
            #expect(try JSONParser.parse(reply.stdout).arrayValue?.map { $0["id"] } == [.int(id)])
            let pattern = try await daemon.taskctl("status", "a[ab]", "--json")
            #expect(try JSONParser.parse(pattern.stdout).arrayValue?.map { $0["name"] } == ["ab"])
        }
    }

    @Test(arguments: ["asc", "desc"])
    func pagesWithACursorWithoutLossOrRepetition(order: String) async throws {
        try await withDaemon { daemon in
            let jobs = (1...7).map { _ in JSONValue.object(["sleep": 0, "hold": true]) }
            let reply = try await daemon.http("POST", "/v1/tasks", .array(jobs))
            let ids = try #require(try reply.json.arrayValue).compactMap { $0["id"]?.intValue }
            var seen: [Int64] = []
            var sizes: [Int] = []
            var cursor = ""
            repeat {
                let page = try await daemon.http("GET", "/v1/tasks?limit=3&order=\(order)\(cursor)").json
                let tasks = try #require(page["tasks"]?.arrayValue)
                seen += tasks.compactMap { $0["id"]?.intValue }
                sizes.append(tasks.count)
                cursor = page["next"]?.intValue.map { "&cursor=\($0)" } ?? ""
                #expect(page["next"] != nil, "absent values are null, never missing")
            } while !cursor.isEmpty
            #expect(seen == (order == "asc" ? ids : ids.reversed()))
            #expect(sizes == [3, 3, 1])
        }
    }

    @Test func namesTheChildrenOfAComposite() async throws {
        try await withDaemon { daemon in
            let group = try await daemon.run(["gather": [["sleep": 0], ["sleep": 0]]])
            let id = try #require(group["id"]?.intValue)
            let children = try #require(try await daemon.task(id)["children"]?.arrayValue)
            #expect(children.count == 2)
            for child in children {
                #expect(try await daemon.task(child.intValue ?? 0)["parent_id"] == .int(id))
            }
        }
    }

    @Test func findsByNameWithStatus() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0, "name": "needle"])
            let reply = try await daemon.taskctl("status", "needle", "--json")
            #expect(try JSONParser.parse(reply.stdout).arrayValue?.map { $0["name"] } == ["needle"])
            #expect(try await daemon.taskctl("status", "hay").status == 4)
            #expect(try await daemon.taskctl("status").stdout.contains("needle"))
        }
    }
}
