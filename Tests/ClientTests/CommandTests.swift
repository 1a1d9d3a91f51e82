import Model
import Testing

@testable import Client

struct CommandTests {
    @Test(arguments: [
        (task(7, result: #"{"a":[1,2.5]}"#), 0, "{\"a\": [1, 2.5]}\n", ""),
        (
            task(7, "failed", exception: #"{"type":"ValueError","message":"bad\u001b[31m"}"#), 1, "",
            "taskctl: task 7 (Task-7) failed: ValueError: bad\\u{1b}[31m\n"
        ),
        (
            task(7, "cancelled", exception: #"{"type":"CancelledError","message":""}"#), 2, "",
            "taskctl: task 7 (Task-7) was cancelled\n"
        ),
        (task(7, "running"), 3, "", "taskctl: task 7 (Task-7) is not done yet: running\n"),
    ])
    func resultTellsTheEndByItsExitCode(task: String, status: Int32, output: String, errors: String) throws {
        let run = try taskctl("result", "7", routes: [.json("GET /v1/tasks/7 ", task)])
        #expect(run.status == status)
        #expect(run.output == output)
        #expect(run.errors == errors)
    }

    @Test func resultListsTheMembersOfAGroup() throws {
        let exception =
            #"{"type":"ExceptionGroup","message":"2","exceptions":[{"type":"A","message":"x\ny"},{"type":"B","message":""}]}"#
        let run = try taskctl("result", "7", routes: [.json("GET", task(7, "failed", exception: exception))])
        #expect(run.errors == "taskctl: task 7 (Task-7) failed: ExceptionGroup: 2\n  A: x\\ny\n  B\n")
    }

    @Test(arguments: [
        (task(7), 0, "null\n"),
        (
            task(7, "failed", exception: #"{"type":"E","message":"m","x":1}"#), 0,
            #"{"type": "E", "message": "m", "x": 1}"# + "\n"
        ),
        (
            task(7, "cancelled", exception: #"{"type":"CancelledError","message":"m"}"#), 2,
            #"{"type": "CancelledError", "message": "m"}"# + "\n"
        ),
        (task(7, "queued"), 3, ""),
    ])
    func exceptionTellsTheEndByItsExitCode(task: String, status: Int32, output: String) throws {
        let run = try taskctl("exception", "7", routes: [.json("GET", task)])
        #expect(run.status == status)
        #expect(run.output == output)
    }

    @Test(arguments: [(400, 64), (403, 77), (404, 4), (409, 1), (413, 64), (503, 75), (500, 70)])
    func aProblemIsToldOnStandardErrorAlone(httpStatus: Int, expected: Int32) throws {
        let run = try taskctl(
            "start", "7", "--json", routes: [.problem("POST", status: httpStatus, detail: "why\\u001b[2J")])
        #expect(run.status == expected)
        #expect(run.output.isEmpty)
        #expect(run.errors == "taskctl: why\\u{1b}[2J\n")
    }

    @Test func cancelPrintsAWordATask() throws {
        let run = try taskctl(
            "cancel", "1", "2", "3", "--message", "m",
            routes: [
                .json("POST /v1/tasks/1/cancel", #"{"cancelled":true,"task":\#(task(1, "running"))}"#),
                .problem("POST /v1/tasks/2/cancel", status: 409, detail: "shielded"),
                .json("POST /v1/tasks/3/cancel", #"{"cancelled":false,"task":\#(task(3))}"#),
            ])
        #expect(run.output == "true\nfalse\nfalse\n")
        #expect(run.errors == "taskctl: shielded\n")
        #expect(run.status == 1)
        #expect(run.bodies == Array(repeating: #"{"message":"m"}"#, count: 3))
    }

    @Test func cancelWaitsUntilTheTaskHasEnded() throws {
        let run = try taskctl(
            "cancel", "1", "--wait", "--json",
            routes: [
                .json("POST /v1/tasks/1/cancel", #"{"cancelled":true,"task":\#(task(1, "running"))}"#),
                .json("POST /v1/wait", #"{"done":[\#(task(1, "cancelled"))],"pending":[]}"#),
            ])
        #expect(run.status == 0)
        #expect(run.output.contains(#""state": "cancelled""#))
        #expect(run.calls == ["POST /v1/tasks/1/cancel", "POST /v1/wait"])
    }

    @Test func listPrintsOneTableOverAllPages() throws {
        let run = try taskctl(
            "list", "--limit", "3",
            routes: [
                .json("GET /v1/tasks?order=desc&limit=3 ", #"{"tasks":[\#(task(3)),\#(task(2, "held"))],"next":2}"#),
                .json("GET /v1/tasks?order=desc&limit=1&cursor=2 ", #"{"tasks":[\#(task(1, "failed"))],"next":1}"#),
            ])
        #expect(run.output.split(separator: "\n").count == 4)
        #expect(run.errors.isEmpty)
    }

    @Test func listSaysWhenItStopsShort() throws {
        let run = try taskctl(
            "list", "--json",
            routes: [
                .json("GET", #"{"tasks":[\#((1...100).map { task($0) }.joined(separator: ","))],"next":100}"#)
            ])
        #expect(try JSONParser.parse(run.output).arrayValue?.count == 100)
        #expect(run.errors.contains("older"))
    }

    @Test func statusFindsTasksByName() throws {
        let run = try taskctl(
            "status", "main*", "--json",
            routes: [
                .json("GET /v1/tasks?name=main%5B%2A%5D&", #"{"tasks":[],"next":null}"#),
                .json("GET /v1/tasks?name=main%2A&", #"{"tasks":[\#(task(1)),\#(task(2))],"next":null}"#),
            ])
        #expect(try JSONParser.parse(run.output).arrayValue?.count == 2)
        let nothing = try taskctl("status", "x", routes: [.json("GET", #"{"tasks":[],"next":null}"#)])
        #expect(nothing.status == 4)
    }

    @Test func statusShowsEveryFieldOfATask() throws {
        let run = try taskctl("status", "7", routes: [.json("GET", task(7, name: "a\\u0007b", result: #"{"x":[1]}"#))])
        #expect(run.output.contains("name       a\\u{7}b\n"))
        #expect(run.output.contains("result     {\n             \"x\": [\n"))
        #expect(run.output.contains("exception  -\n"))
    }

    @Test func logsAreExactWhenNobodyWatches() throws {
        let run = try taskctl(
            "logs", "7", routes: [.chunked("GET /v1/tasks/7/output?stream=stdout ", ["a\u{1B}[0m\r\n", "b\0"])])
        #expect(run.output == "a\u{1B}[0m\r\nb\0")
    }

    @Test func logsLeaveItToTheDaemonWhereTheTailBegins() throws {
        let run = try taskctl(
            "logs", "7", "--tail", "1", "--follow", "--stderr",
            routes: [
                .json("GET /v1/tasks/7 ", task(7)),
                .chunked("GET /v1/tasks/7/output?stream=stderr&attempt=1&follow=true&tail=1 ", ["b\n", "c\n"]),
            ])
        #expect(run.output == "b\nc\n")
    }

    @Test(arguments: ["-1", "99", "null", "\"1\"", "1.5"])
    func sendBelievesNoNumberOfBytesThatCannotBe(written: String) throws {
        let run = try taskctl(
            "send", "7", "hello", routes: [.json("POST /v1/tasks/7/input ", #"{"written":\#(written),"attempt":1}"#)])
        #expect(run.status == 70)
        #expect(run.errors.contains("written"), "\(run.errors)")
    }

    @Test func submitPrintsTheIDAlone() throws {
        #expect(
            try taskctl(
                "submit", "nightly", routes: [.json("POST /v1/jobs/nightly/submit ", task(12, "queued"), status: 201)]
            ).output == "12\n")
        let list = #"[\#(task(1, "queued")),\#(task(2, "queued"))]"#
        #expect(try taskctl("submit", "--", "true", routes: [.json("POST", list, status: 201)]).output == "1\n2\n")
    }

    @Test(arguments: [
        (#"{"done":[\#(task(7, result: "[1,2]"))],"pending":[]}"#, 0, "[1, 2]\n"),
        (#"{"done":[\#(task(7, "failed"))],"pending":[]}"#, 1, ""),
        (#"{"done":[\#(task(7, "cancelled"))],"pending":[]}"#, 2, ""),
        (#"{"done":[],"pending":[\#(task(7, "running"))]}"#, 124, ""),
    ])
    func submitWaitsForTheResult(reply: String, status: Int32, output: String) throws {
        let run = try taskctl(
            "submit", "job", "--wait", "--timeout", "5",
            routes: [.json("POST /v1/jobs", task(7, "queued"), status: 201), .json("POST /v1/wait", reply)])
        #expect(run.status == status)
        #expect(run.output == output)
        #expect(run.errors.isEmpty == (status == 0))
        #expect(run.bodies.last == #"{"ids":[7],"return_when":"ALL_COMPLETED","timeout":5}"#)
    }

    @Test func submitTellsTheIDWhenWaitingFails() throws {
        let run = try taskctl(
            "submit", "job", "--wait",
            routes: [
                .json("POST /v1/jobs", task(7, "queued")), .problem("POST /v1/wait", status: 503, detail: "stopping"),
            ])
        #expect(run.status == 3, "75 would have a script submit it again")
        #expect(run.errors.hasSuffix("it was accepted as 7; run taskctl wait 7\n"), "\(run.errors)")
        #expect(!run.errors.contains("again"))
    }

    @Test func queueChangesOnlyWhatIsSaid() throws {
        let reply = #"{"name":"q","max_running":null,"paused":true,"queued":1,"running":0}"#
        let pause = try taskctl("queue", "pause", "q", routes: [.json("PATCH /v1/queues/q ", reply)])
        #expect(pause.bodies == [#"{"paused":true}"#])
        #expect(pause.output.hasSuffix("paused\n"))
        let set = try taskctl("queue", "set", "q", "--max-running", "none", "--json", routes: [.json("PATCH", reply)])
        #expect(set.bodies == [#"{"max_running":null}"#])
    }

    @Test func pruneSendsSeconds() throws {
        let run = try taskctl("prune", "--older-than", "30d", routes: [.json("POST /v1/prune ", #"{"removed":3}"#)])
        #expect(run.bodies == [#"{"older_than":2592000}"#])
        #expect(run.output == "3\n")
    }

    @Test func eventsAreALineEach() throws {
        let event = #"{"seq":5,"task_id":7,"at":"2026-11-21T09:30:00.125Z","type":"progress","data":{"m":"\u001b"}}"#
        let route = CannedServer.Route.chunked(
            "GET /v1/events?after=4 ", ["id: 5\nevent: progress\ndata: \(event)\n\n"])
        #expect(
            try taskctl("events", "--after", "4", routes: [route]).output
                == "5 2026-11-21T09:30:00.125Z 7 progress {\"m\": \"\\u001b\"}\n")
        #expect(try taskctl("events", "--after", "4", "--json", routes: [route]).output.hasPrefix(#"{"seq": 5, "#))
    }

    @Test func followedEventsTellWhereToGoOn() throws {
        let route = CannedServer.Route.chunked(
            "GET /v1/events?follow=true ", [#"data: {"seq":5,"task_id":7,"type":"x"}"# + "\n\n"])
        let run = try taskctl("events", "--follow", routes: [route])
        #expect(run.status == 75)
        #expect(run.errors.contains("--after 5"))
    }

    @Test func jobsTellWhatTheyAreOrWhatIsWrong() throws {
        let reply =
            #"{"jobs":[{"name":"a","path":"/j/a.yaml","job":{"gather":[]},"error":null},"#
            + #"{"name":"b","path":"/j/b.yaml","job":null,"error":"slep: unknown\u0007"}]}"#
        let run = try taskctl("jobs", routes: [.json("GET /v1/jobs ", reply)])
        #expect(
            run.output == """
                NAME  KIND    FILE       ERROR
                a     gather  /j/a.yaml
                b     -       /j/b.yaml  slep: unknown\\u{7}

                """)
    }
}
