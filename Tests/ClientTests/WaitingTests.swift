import Model
import Testing

@testable import Client

struct WaitCommandTests {
    private func wait(_ arguments: String..., done: [String] = [], pending: [String] = []) throws -> Run {
        let reply = #"{"done":[\#(done.joined(separator: ","))],"pending":[\#(pending.joined(separator: ","))]}"#
        return try taskctl(["wait", "1", "2"] + arguments, routes: [.json("POST /v1/wait", reply)])
    }

    @Test func printsDoneThenPending() throws {
        let run = try wait("--return-when", "first-completed", done: [task(2)], pending: [task(1, "running")])
        #expect(run.status == 0)
        #expect(run.output.split(separator: "\n").map { $0.split(separator: " ").first } == ["ID", "2", "1"])
        #expect(run.bodies == [#"{"ids":[1,2],"return_when":"FIRST_COMPLETED","timeout":null}"#])
    }

    @Test func tellsHowTheTasksEnded() throws {
        #expect(try wait(done: [task(1), task(2)]).status == 0)
        #expect(try wait(done: [task(1, "cancelled"), task(2, "failed")]).status == 1)
        #expect(try wait(done: [task(1, "cancelled"), task(2)]).status == 2)
    }

    @Test func exits124OnlyWhenTheTimeoutEndedIt() throws {
        #expect(try wait("--timeout", "1", done: [task(1, "failed")], pending: [task(2, "running")]).status == 124)
        let failed = try wait(
            "--timeout", "1", "--return-when", "FIRST_EXCEPTION", done: [task(1, "failed")],
            pending: [task(2, "running")])
        #expect(failed.status == 1)
        let none = try wait(
            "--timeout", "1", "--return-when", "FIRST_COMPLETED", pending: [task(1, "queued"), task(2, "running")])
        #expect(none.status == 124)
    }

    @Test func printsTheReplyAsJSON() throws {
        let run = try wait("--json", done: [task(1)], pending: [])
        #expect(try JSONParser.parse(run.output)["done"]?.arrayValue?.count == 1)
        #expect(run.errors.isEmpty)
    }

    @Test func cancelsThePendingAtTheTimeoutWhenAsked() throws {
        let pending = #"{"done":[\#(task(2))],"pending":[\#(task(1, "running")),\#(task(3, "running"))]}"#
        let run = try taskctl(
            "wait", "1", "2", "3", "--timeout", "0.5", "--cancel-on-timeout",
            routes: [
                .json("POST /v1/wait", pending), .json("POST /v1/tasks/1/cancel", #"{"cancelled":true,"task":null}"#),
                .problem("POST /v1/tasks/3/cancel", status: 409, detail: "task 3 is shielded"),
            ])
        #expect(run.status == 124)
        #expect(run.errors.contains("task 3 is shielded"))
        #expect(
            run.calls == [
                "POST /v1/wait", "POST /v1/tasks/1/cancel", "POST /v1/tasks/3/cancel", "POST /v1/wait", "POST /v1/wait",
            ])
        #expect(run.bodies[3] == #"{"ids":[1],"return_when":"ALL_COMPLETED","timeout":null}"#)
        #expect(run.bodies[4] == #"{"ids":[1,2,3],"return_when":"ALL_COMPLETED","timeout":0}"#)
    }
}

struct GatherCommandTests {
    private func gather(_ arguments: String..., lines: [String]) throws -> Run {
        let route = CannedServer.Route.chunked("POST /v1/as_completed", lines.map { $0 + "\n" })
        return try taskctl(["gather"] + arguments, routes: [route])
    }

    @Test func printsResultsInTheOrderGivenOncePerArgument() throws {
        let run = try gather("2", "1", "2", lines: [task(1, result: "1"), task(2, result: "[2]")])
        #expect(run.status == 0)
        #expect(run.output == "[[2], 1, [2]]\n")
        #expect(run.bodies == [#"{"ids":[2,1]}"#])
    }

    @Test func failsWithTheFirstFailure() throws {
        let run = try gather("1", "2", lines: [task(2, "failed", exception: #"{"type":"E","message":"m"}"#)])
        #expect(run.status == 1)
        #expect(run.output.isEmpty)
        #expect(run.errors == "taskctl: task 2 (Task-2) failed: E: m\n")
        #expect(try gather("1", lines: [task(1, "cancelled")]).status == 2)
    }

    @Test func returnsExceptionsWhenAsked() throws {
        let run = try gather(
            "1", "2", "--return-exceptions",
            lines: [task(2, "cancelled", exception: #"{"type":"CancelledError","message":""}"#), task(1, result: "1")])
        #expect(run.status == 0)
        #expect(run.output == #"[1, {"exception": {"type": "CancelledError", "message": ""}}]"# + "\n")
    }

    @Test func mergesObjectsLeftToRight() throws {
        let run = try gather(
            "2", "1", "--merge", lines: [task(1, result: #"{"a":1,"b":1}"#), task(2, result: #"{"a":2,"c":2}"#)])
        #expect(run.output == #"{"a": 1, "c": 2, "b": 1}"# + "\n")
    }
}

struct AsCompletedCommandTests {
    private static let lines = [
        task(2, name: "b\\nb", result: #"{"a":1}"#), task(1, "failed", exception: #"{"type":"E","message":"m"}"#),
    ]

    @Test func printsALineATaskAsItEnds() throws {
        let run = try taskctl("as-completed", "1", "2", "1", routes: [.chunked("POST", Self.lines.map { $0 + "\n" })])
        #expect(run.output == "2 succeeded b\\nb {\"a\": 1}\n1 failed Task-1 E: m\n")
        #expect(run.status == 1)
        #expect(run.bodies == [#"{"ids":[1,2]}"#])
    }

    @Test func exits124WhenTheLastLineSaysSo() throws {
        let lines = [Self.lines[0], #"{"timeout":true,"pending":[1,3]}"#].map { $0 + "\n" }
        let run = try taskctl(
            "as-completed", "1", "2", "3", "--timeout", "1", "--json", routes: [.chunked("POST", lines)])
        #expect(run.status == 124)
        #expect(run.output.split(separator: "\n").count == 2)
        #expect(run.errors == "taskctl: timed out; not done: 1, 3\n")
    }

    @Test func isAnErrorWhenTheStreamBreaksOff() throws {
        let route = CannedServer.Route.chunked("POST", [Self.lines[0] + "\n"], isComplete: false)
        #expect(try taskctl("as-completed", "1", "2", routes: [route]).status == 69)
    }
}

struct ProgressCommandTests {
    private static let half = #"{"completed":2,"total":4,"fraction":0.5,"message":"x\u001b"}"#

    @Test func printsHowFarATaskIs() throws {
        let route = CannedServer.Route.json("GET", task(7, "running", more: #","progress":\#(Self.half)"#))
        #expect(try taskctl("progress", "7", routes: [route]).output == "running 50% (2/4) x\\u{1b}\n")
        #expect(
            try taskctl("progress", "7", "--json", routes: [route]).output.hasPrefix(#"{"completed": 2, "total": 4"#))
        #expect(try taskctl("progress", "7", "--json", routes: [.json("GET", task(7))]).output == "null\n")
    }

    @Test func followsUntilTheTaskIsDone() throws {
        let event = #"data: {"seq":1,"task_id":7,"type":"progress","data":\#(Self.half)}"# + "\n\n"
        let run = try taskctl(
            "progress", "7", "--follow",
            routes: [
                .json("GET /v1/tasks/7 ", task(7, "running")),
                .chunked("GET /v1/events?task_id=7&follow=true ", [event]),
                .json("POST /v1/wait", #"{"done":[\#(task(7))],"pending":[]}"#),
            ])
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("running\n"))
        #expect(run.output.hasSuffix("succeeded\n"))
    }
}
