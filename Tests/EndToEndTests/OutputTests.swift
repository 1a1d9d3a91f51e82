import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OutputTests {
    @Test func keepsTheStreamsApartByteForByte() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["shell": "printf 'a\\377b'; echo oops >&2"])
            let id = try #require(task["id"]?.intValue)
            let out = try await daemon.http("GET", "/v1/tasks/\(id)/output")
            #expect(out.body == [0x61, 0xFF, 0x62])
            #expect(out.headers["content-type"] == "application/octet-stream")
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output?stream=stderr").text == "oops\n")
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output?offset=2").text == "b")
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output?offset=99").text == "")
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output?stream=both").status == 400)
        }
    }

    @Test func saysThatAnOutputIsGone() async throws {
        try await withDaemon { daemon in
            let id = try #require(try await daemon.run(["shell": "echo gone"])["id"]?.intValue)
            _ = try await Program.shell("rm -r \(daemon.state)/tasks/\(id)")
            let reply = try await daemon.taskctl("logs", "\(id)")
            #expect(reply.status == 4)
            #expect(reply.stderr.contains("no longer there"), "\(reply.stderr)")
            #expect(try await daemon.taskctl("logs", "\(id)", "--stderr").status == 0)
        }
    }

    @Test func followsUntilTheTaskIsDone() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo one; read x < \(pipe); echo two")])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "one")
            try await daemon.directory.release(pipe)
            #expect(try await output.line() == "two")
            #expect(try await output.line() == nil)
        }
    }

    @Test func followsAnOutputThatIsEmptied() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit([
                "shell": .string("echo a long first line; read x < \(pipe); echo short >/dev/stdout")
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "a long first line")
            try await daemon.directory.release(pipe)
            #expect(try await output.line() == "short")
            #expect(try await output.line() == nil)
        }
    }

    @Test func followsATaskThatHasNotStarted() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo late", "hold": true])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/start")
            #expect(try await output.line() == "late")
            #expect(try await output.line() == nil)
        }
    }

    @Test func followsTheNextAttemptsToo() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit([
                "shell": .string("echo try $TASK_ATTEMPT; read x < \(pipe); test $TASK_ATTEMPT = 3"),
                "retry": ["attempts": 3, "backoff": "1ms"],
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            for attempt in 1...3 {
                #expect(try await output.line() == "try \(attempt)")
                try await daemon.directory.release(pipe)
            }
            #expect(try await output.line() == nil)
            #expect(try await daemon.task(id)["state"] == "succeeded")
        }
    }

    @Test func followsAttemptsThatAreSoonOver() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit([
                "shell": .string(
                    "echo try $TASK_ATTEMPT; test $TASK_ATTEMPT != 1 || read x < \(pipe); test $TASK_ATTEMPT = 4"),
                "retry": ["attempts": 4, "backoff": 0],
            ])
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "try 1")
            try await daemon.directory.release(pipe)
            for attempt in 2...4 { #expect(try await output.line() == "try \(attempt)") }
            #expect(try await output.line() == nil)
        }
    }

    @Test func followingInARestBetweenTwoAttemptsBeginsWithTheLast() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo try; exit 1", "retry": ["attempts": 2, "backoff": "1d"]])
            _ = try await daemon.event("retrying", of: id)
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
            #expect(try await output.line() == "try")
            #expect(try await daemon.taskctl("cancel", "\(id)").status == 0)
            #expect(try await output.line() == nil)
        }
    }

    @Test func followsFromTheLastLinesOn() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("seq 1 5; read x < \(pipe); echo 6")])
            try await daemon.firstLine(of: id)
            let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true&tail=2")
            for line in ["4", "5"] { #expect(try await output.line() == line) }
            try await daemon.directory.release(pipe)
            #expect(try await output.line() == "6")
            #expect(try await output.line() == nil)
            let both = try await daemon.http("GET", "/v1/tasks/\(id)/output?offset=1&tail=2")
            #expect(both.status == 400)
            let twice = try await daemon.http("GET", "/v1/tasks/\(id)/output?tail=1&tail=2")
            #expect(try twice.json["detail"]?.stringValue?.contains("tail: is given twice") == true)
        }
    }

    @Test func showsTheLastLines() async throws {
        try await withDaemon { daemon in
            let id = try #require(try await daemon.run(["shell": "seq 1 5"])["id"]?.intValue)
            #expect(try await daemon.taskctl("logs", "\(id)", "--tail", "2").stdout == "4\n5\n")
            #expect(try await daemon.taskctl("logs", "\(id)").stdout == "1\n2\n3\n4\n5\n")
        }
    }

    @Test func hasTheFactsOfTheRun() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["shell": "echo out; echo err >&2; exit 7"])
            #expect(task["state"] == "failed")
            #expect(task["exception"]?["type"] == "CommandFailed")
            #expect(task["exception"]?["exit_code"] == 7)
            #expect(task["exception"]?["stderr"] == "err\n")
            let facts = [
                "pid", "exit_code", "signal", "user_s", "system_s", "max_rss_kib", "stdout_bytes", "stderr_bytes",
            ]
            for fact in facts { #expect(task["detail"]?[fact] != nil, "\(fact) is missing") }
            #expect(task["detail"]?["exit_code"] == 7)
            #expect(task["detail"]?["stdout_bytes"] == 4)
        }
    }

    @Test func whatRunsTellsItsProcess() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit(["shell": .string("echo $$; read x <\(pipe)")])
            try await daemon.firstLine(of: id)
            let running = try await daemon.task(id)["detail"]?["pid"]
            try await daemon.directory.release(pipe)
            #expect(try await daemon.done(id)["detail"]?["pid"] == running)
            #expect(try await daemon.taskctl("logs", "\(id)").stdout == "\(running?.intValue ?? 0)\n")
        }
    }

    @Test func parsesItAsJSONWhereAsked() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run(["shell": "echo '{\"z\": 1, \"a\": [2]}'", "output": "json"])
            #expect(task["result"]?.text() == #"{"z":1,"a":[2]}"#)
        }
    }

    @Test func reportsProgress() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit([
                "shell": .string("echo '40 halfway there' >&$TASK_PROGRESS_FD; read x < \(pipe)")
            ])
            try await daemon.event("progress", of: id)
            let progress = try await daemon.task(id)["progress"]
            #expect(progress?["fraction"]?.doubleValue == 0.4)
            #expect(progress?["message"] == "halfway there")
            try await daemon.directory.release(pipe)
            #expect(try await daemon.done(id)["state"] == "succeeded")
        }
    }
}
