import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestIDTests {
    @Test func isGivenBackInHeadAndProblem() async throws {
        try await withDaemon { daemon in
            let stream = try await daemon.open("GET", "/v1/tasks/99", headers: ["X-Request-Id": "a-1:b/c=d@e+f_g.h"])
            #expect(stream.head.headers["x-request-id"] == "a-1:b/c=d@e+f_g.h")
            let problem = try JSONParser.parse(try await stream.rest())
            #expect(problem["request_id"] == "a-1:b/c=d@e+f_g.h")
        }
    }

    @Test(arguments: ["", "a b", "ä", "<script>", String(repeating: "x", count: 129)])
    func isMadeWhereTheClientsIsNone(given: String) async throws {
        try await withDaemon { daemon in
            let first = try await daemon.open("GET", "/v1/health", headers: ["X-Request-Id": given])
            let second = try await daemon.open("GET", "/v1/nowhere", headers: ["X-Request-Id": given])
            let ids = [first, second].compactMap { $0.head.headers["x-request-id"] }
            #expect(ids.count == 2)
            #expect(ids.first != ids.last)
            for id in ids { #expect(id.wholeMatch(of: /[0-9a-f]+-[0-9]+/) != nil) }
        }
    }
}
