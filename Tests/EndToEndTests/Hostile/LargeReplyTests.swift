import Model
import Testing

/// Replies about tasks that are as large as nobody expects.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct LargeReplyTests {
    /// Has `count` tasks fail that take `size` bytes each, half of them in their job.
    private func fail(_ count: Int, _ size: Int, _ daemon: LiveDaemon) async throws -> [Int64] {
        let message = JSONValue.string(String(repeating: "x", count: size / 2))
        var ids: [Int64] = []
        for _ in 0..<count {
            ids.append(try await daemon.submit(["sleep": 0, "raises": ["type": "Boom", "message": message]]))
        }
        _ = try await daemon.http("POST", "/v1/as_completed", ["ids": .array(ids.map { .int($0) })])
        return ids
    }

    private func ids(_ tasks: JSONValue?) -> [Int64] { (tasks?.arrayValue ?? []).compactMap { $0["id"]?.intValue } }

    @Test func aWaitAnswersAllOfThem() async throws {
        try await withDaemon { daemon in
            let failed = try await fail(18, 1 << 19, daemon)
            let held = try await daemon.submit(["sleep": 0, "hold": true])
            let asked = [held] + failed.reversed()
            let reply = try await daemon.http(
                "POST", "/v1/wait", ["ids": .array(asked.map { .int($0) }), "timeout": 0])
            #expect(reply.body.count > 9 << 20 && reply.headers["content-type"] == "application/json")
            #expect(try ids(reply.json["done"]) == failed.reversed())
            #expect(try ids(reply.json["pending"]) == [held])
        }
    }

    /// A client that takes its time is told of what is still there.
    @Test(arguments: ["/v1/wait", "/v1/as_completed"])
    func whatIsPrunedMeanwhileIsLeftOut(path: String) async throws {
        try await withDaemon { daemon in
            let failed = try await fail(24, 1 << 20, daemon)
            let stream = try await daemon.open("POST", path, ["ids": .array(failed.map { .int($0) })])
            #expect(try await daemon.http("GET", "/v1/health").json["waiters"] == 1)
            #expect(try await daemon.http("POST", "/v1/prune", ["keep": 0]).json["removed"] == 24)
            let text = String(decoding: try await stream.rest(), as: UTF8.self)
            let told =
                if path == "/v1/wait" {
                    ids(try JSONParser.parse(text)["done"])
                } else {
                    ids(.array(try text.split(separator: "\n").map { try JSONParser.parse(String($0)) }))
                }
            #expect(!told.isEmpty && told.count < failed.count && told == Array(failed.prefix(told.count)))
        }
    }

    @Test func aPageEndsBeforeItIsTooLarge() async throws {
        try await withDaemon { daemon in
            let failed = try await fail(18, 1 << 19, daemon)
            var (listed, cursor): ([Int64], JSONValue) = ([], 0)
            while cursor != .null {
                let reply = try await daemon.http("GET", "/v1/tasks?limit=1000&cursor=\(cursor.text())")
                #expect(reply.body.count < 9 << 20)
                let page = ids(try reply.json["tasks"])
                try #require(!page.isEmpty)
                listed += page
                cursor = try reply.json["next"] ?? .null
            }
            #expect(listed == failed)
        }
    }

    @Test func takesLittleMemoryToAnswer() async throws {
        try await withDaemon { daemon in
            let failed = try await fail(24, 1 << 20, daemon)
            let body: JSONValue = ["ids": .array(failed.map { .int($0) })]
            for path in ["/v1/wait", "/v1/as_completed"] {
                let growth = try await daemon.growth {
                    let reply = try await daemon.http("POST", path, body)
                    #expect(reply.status == 200 && reply.body.count > 24 << 20)
                }
                #expect(growth < 12 << 10, "\(path): \(growth) KiB")
                Torture.report("24 MiB about 24 tasks from \(path): memory + \(growth) KiB")
            }
        }
    }
}
