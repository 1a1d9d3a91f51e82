import Glibc
import Model
import Testing

@testable import Client

struct ExchangeTests {
    private func withServer<Value>(
        _ routes: [CannedServer.Route], _ body: (DaemonClient) throws -> Value
    ) rethrows -> Value {
        let server = CannedServer(routes)
        defer { server.stop() }
        return try body(DaemonClient(socketPath: server.path))
    }

    @Test func readsJSONThatArrivesByteByByte() throws {
        var route = CannedServer.Route.json("GET /v1/health", #"{"status":"ok"}"#)
        route = CannedServer.Route(request: route.request, packets: route.packets.joined().map { [$0] })
        let reply = try withServer([route]) { try $0.json(Request(.get, "v1", "health")) }
        #expect(reply == ["status": "ok"])
    }

    @Test func readsLinesOfAChunkedReply() throws {
        var lines: [JSONValue] = []
        try withServer([.chunked("GET /v1/x", ["{\"a\"", ":1}\n{\"b\":", "2}\n", "3"])]) { client in
            try client.forEachLine(of: Request(.get, "v1", "x")) {
                lines.append($0); return true
            }
        }
        #expect(lines == [["a": 1], ["b": 2], 3])
    }

    @Test func readsEventsOfAChunkedReply() throws {
        var types: [String] = []
        let events = [
            "data: {\"task_id\":7,\"ty", "pe\":\"started\"}\n", "\ndata: {\"task_id\":7,\"type\":\"failed\"}\n\n",
        ]
        try withServer([.chunked("GET /v1/events", events)]) { client in
            let stream = EventStream(try client.open(Request(.get, "v1", "events")))
            while let events = try stream.next() { types += events.map(\.type) }
        }
        #expect(types == ["started", "failed"])
    }

    @Test(arguments: ["/", "/etc/passwd"])
    func tellsWhatIsNoSocket(path: String) {
        let client = DaemonClient(socketPath: path)
        let error = #expect(throws: ClientError.self) { try client.json(Request(.get, "v1", "x")) }
        #expect(error?.code == .unreachable)
        #expect(error?.message == "\(path): this is not a socket; give that of taskd with --socket")
    }

    @Test func tellsAReplyThatBreaksOff() {
        withServer([.chunked("GET /v1/x", ["{}\n"], isComplete: false)]) { client in
            let error = #expect(throws: ClientError.self) { try client.json(Request(.get, "v1", "x")) }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func tellsAConnectionClosedWithoutAnAnswer() {
        withServer([CannedServer.Route(request: "GET", packets: [])]) { client in
            let error = #expect(throws: ClientError.self) { try client.json(Request(.get, "v1", "x")) }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func heedsAnAnswerGivenBeforeALargeBodyWasRead() {
        var route = CannedServer.Route.problem("POST", status: 413, detail: "too large")
        route.ignoresBody = true
        withServer([route]) { client in
            let body = Request.Body(bytes: [UInt8](repeating: 0x20, count: 20 << 20), contentType: "application/json")
            let error = #expect(throws: ClientError.self) { try client.json(Request(.post, "v1", "tasks", body: body)) }
            #expect(error?.code == .usage)
            #expect(error?.message == "too large")
        }
    }

    @Test func givesUpWhenItsPatienceEnds() {
        let gate = Gate()
        var route = CannedServer.Route.json("GET", "{}")
        route.gate = gate
        withServer([route]) { client in
            let error = #expect(throws: ClientError.self) {
                try client.json(Request(.get, "v1", "health"), timeout: .milliseconds(1))
            }
            #expect(error?.code == .unreachable)
            gate.open()
        }
    }

    @Test func followsEventsUntilTheAnswerComes() throws {
        let gate = Gate()
        var answer = CannedServer.Route.json("POST /v1/wait", #"{"done":[],"pending":[]}"#)
        answer.gate = gate
        var events = CannedServer.Route.chunked(
            "GET /v1/events", ["data: {\"task_id\":7,\"type\":\"x\"}\n\n"], isComplete: false)
        events.staysOpen = true
        var batches: [Int] = []
        let reply = try withServer([answer, events]) { client in
            try client.json(.wait(for: [TaskID(7)]), following: .eventsFromNow) { events in
                batches.append(events.count)
                if !events.isEmpty { gate.open() }
            }
        }
        #expect(reply == ["done": [], "pending": []])
        #expect(batches == [0, 1])
    }

    @Test func goesOnWaitingWhenTheEventsEnd() throws {
        let gate = Gate()
        var answer = CannedServer.Route.json("POST /v1/wait", "{}")
        answer.gate = gate
        let reply = try withServer([answer, .chunked("GET /v1/events", [])]) { client in
            try client.json(.wait(for: [TaskID(7)]), following: .eventsFromNow) { _ in gate.open() }
        }
        #expect(reply == [:])
    }

    @Test func saysWhichSocketNobodyListensOn() throws {
        let error = #expect(throws: ClientError.self) {
            try DaemonClient(socketPath: "/nonexistent/taskd.sock").json(Request(.get, "v1", "health"))
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("/nonexistent/taskd.sock") == true)
        #expect(error?.message.contains("--socket") == true)
    }

    @Test func refusesAPathNoSocketCanHave() {
        for path in ["", String(repeating: "x", count: 200)] {
            let error = #expect(throws: ClientError.self) {
                try DaemonClient(socketPath: path).json(Request(.get, "v1"))
            }
            #expect(error?.code == .unreachable)
        }
    }
}
