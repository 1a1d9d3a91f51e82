import Model
import Subprocess
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WaitTests {
    @Test func allCompletedAnswersInTheOrderAsked() async throws {
        try await withDaemon { daemon in
            let slow = try await daemon.submit(["sleep": "200ms", "name": "slow"])
            let fast = try await daemon.submit(["sleep": 0, "name": "fast"])
            let reply = try await daemon.http("POST", "/v1/wait", ["ids": [.int(slow), .int(fast)]]).json
            #expect(reply["done"]?.arrayValue?.map { $0["name"] } == ["slow", "fast"])
            #expect(reply["pending"] == [])
        }
    }

    @Test func firstCompletedReturnsWithTheFirst() async throws {
        try await withDaemon { daemon in
            let slow = try await daemon.submit(["sleep": "1h"])
            let fast = try await daemon.submit(["sleep": "50ms"])
            let body: JSONValue = ["ids": [.int(slow), .int(fast)], "return_when": "FIRST_COMPLETED"]
            let reply = try await daemon.http("POST", "/v1/wait", body).json
            #expect(reply["done"]?.arrayValue?.map { $0["id"] } == [.int(fast)])
            #expect(reply["pending"]?.arrayValue?.map { $0["id"] } == [.int(slow)])
        }
    }

    @Test func firstExceptionPassesOverACancelledTask() async throws {
        try await withDaemon { daemon in
            let endless = try await daemon.submit(["sleep": "1h"])
            let cancelled = try await daemon.submit(["sleep": "1h"])
            _ = try await daemon.http("POST", "/v1/tasks/\(cancelled)/cancel")
            _ = try await daemon.done(cancelled)
            let failing = try await daemon.submit(["sleep": "100ms", "raises": ["type": "Boom", "message": "no"]])
            let body: JSONValue = [
                "ids": [.int(endless), .int(cancelled), .int(failing)], "return_when": "FIRST_EXCEPTION",
            ]
            let reply = try await daemon.http("POST", "/v1/wait", body).json
            #expect(reply["done"]?.arrayValue?.map { $0["id"] } == [.int(cancelled), .int(failing)])
            #expect(reply["pending"]?.arrayValue?.map { $0["id"] } == [.int(endless)])
        }
    }

    @Test(arguments: [JSONValue.double(0.1), 0, "50ms", -1])
    func timeoutAnswersWhatIsPendingAndCancelsNothing(timeout: JSONValue) async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            let reply = try await daemon.http("POST", "/v1/wait", ["ids": [.int(id)], "timeout": timeout])
            #expect(reply.status == 200)
            #expect(try reply.json["done"] == [])
            #expect(try reply.json["pending"]?.arrayValue?.count == 1)
            #expect(try await daemon.task(id)["cancel_requests"] == 0)
        }
    }

    @Test func asCompletedAnswersInCompletionOrder() async throws {
        try await withDaemon { daemon in
            let gate = try await daemon.submit(["sleep": 0, "hold": true, "name": "third"])
            let second = try await daemon.submit(["sleep": 0, "hold": true, "name": "second"])
            let first = try await daemon.run(["sleep": 0, "name": "first"])["id"] ?? .null
            let stream = try await daemon.open(
                "POST", "/v1/as_completed", ["ids": [.int(gate), .int(second), first]])
            #expect(stream.head.headers["content-type"] == "application/x-ndjson")
            var tasks = [try JSONParser.parse(#require(try await stream.line()))]
            for id in [second, gate] {
                _ = try await daemon.http("POST", "/v1/tasks/\(id)/start")
                tasks.append(try JSONParser.parse(#require(try await stream.line())))
            }
            #expect(try await stream.line() == nil)
            #expect(tasks.map { $0["name"] } == ["first", "second", "third"])
            let order = tasks.compactMap { $0["done_seq"]?.intValue }
            #expect(order.count == 3 && order == order.sorted())
        }
    }

    @Test func asCompletedEndsWithWhatIsPendingAtTheTimeout() async throws {
        try await withDaemon { daemon in
            let done = try await daemon.run(["sleep": 0])["id"] ?? .null
            let endless = try await daemon.submit(["sleep": "1h"])
            let reply = try await daemon.http(
                "POST", "/v1/as_completed", ["ids": [.int(endless), done], "timeout": 0.1])
            let lines = try reply.text.split(separator: "\n").map { try JSONParser.parse(String($0)) }
            #expect(lines.first?["id"] == done)
            #expect(lines.last == ["timeout": true, "pending": [.int(endless)]])
            #expect(lines.count == 2)
        }
    }

    @Test func aClientThatGoesAwayCancelsNothing() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            // As_completed answers its head at once, so the daemon is known to be in the wait.
            let stream = try await daemon.open("POST", "/v1/as_completed", ["ids": [.int(id)]])
            stream.hangUp()
            try await killWaitingClient(of: id, daemon)
            let task = try await daemon.task(id)
            #expect(task["state"] == "running")
            #expect(task["cancel_requests"] == 0)
            #expect(try await daemon.http("GET", "/v1/health").status == 200)
        }
    }

    @Test func aClientThatGoesAwayLeavesNothingBehind() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "hold": true])
            let stream = try await daemon.open("POST", "/v1/as_completed", ["ids": [.int(id)]])
            try await daemon.untilWaitedFor(1)
            stream.hangUp()
            try await daemon.untilWaitedFor(0)
        }
    }

    /// Runs `taskctl as-completed` and kills it once it has printed a task that was done and waits for the other.
    private func killWaitingClient(of id: Int64, _ daemon: LiveDaemon) async throws {
        let done = try await daemon.run(["sleep": 0])["id"]?.intValue ?? 0
        let result = try await Subprocess.run(
            .path(FilePath(Program.taskctl)),
            arguments: ["as-completed", "--socket", daemon.socket, "\(done)", "\(id)"],
            environment: Program.environment, input: .none, output: .sequence, error: .discarded
        ) { execution in
            for try await _ in execution.standardOutput { try execution.send(signal: .kill) }
        }
        #expect(result.terminationStatus.shellCode == 137)
    }
}

extension LiveDaemon {
    /// Returns when somebody waits for so many tasks. Nobody tells of that, so it is asked for.
    fileprivate func untilWaitedFor(_ count: Int64) async throws {
        while try await http("GET", "/v1/health").json["waited_for"]?.intValue != count {}
    }
}
