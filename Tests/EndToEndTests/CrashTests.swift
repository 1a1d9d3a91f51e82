import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CrashTests {
    @Test func doneTasksAnswerAsBefore() async throws {
        try await withDaemon { daemon in
            let before = try await daemon.run(["shell": "echo kept", "name": "a", "labels": ["k": "v"]])
            let id = try #require(before["id"]?.intValue)
            try await daemon.restart()
            #expect(try await daemon.task(id) == before)
            #expect(try await daemon.http("GET", "/v1/tasks/\(id)/output").text == "kept\n")
        }
    }

    @Test func everyAcknowledgedTaskRuns() async throws {
        try await withDaemon { daemon in
            let jobs = (0..<50).map { JSONValue.object(["sleep": 0, "returns": .int($0)]) }
            let reply = try await daemon.http("POST", "/v1/tasks", .array(jobs))
            try await daemon.restart()
            let ids = try #require(try reply.json.arrayValue).compactMap { $0["id"] }
            let done = try await daemon.http("POST", "/v1/wait", ["ids": .array(ids), "timeout": 25]).json["done"]
            #expect(done?.arrayValue?.count == 50)
            for task in done?.arrayValue ?? [] {
                let isFine = task["state"] == "succeeded" || task["exception"]?["type"] == "Interrupted"
                #expect(isFine, "\(task.text())")
            }
        }
    }

    /// As after an upgrade to a version that is stricter.
    @Test func jobsThatCannotBeReadAnyMoreEndAndNothingElse() async throws {
        try await withDaemon { daemon in
            let member: JSONValue = ["shell": "exec sleep 3600"]
            let gather: JSONValue = ["gather": [member, member], "max_running": 1]
            let running = try await daemon.submit(gather)
            let drained = try await daemon.submit(["gather": [["shell": "exit 1"], member, member], "max_running": 1])
            #expect(try await daemon.done(drained)["state"] == "failed")
            try await daemon.kill9()
            let update = "UPDATE tasks SET job = '{}' WHERE id IN (\(running), \(drained))"
            let answer = try await Program.run("/usr/bin/sqlite3", [daemon.state + "/history.sqlite", update])
            #expect(answer.status == 0, "\(answer.stderr)")
            try await daemon.start()
            #expect(try await daemon.done(running)["exception"]?["type"] == "InternalError")
            // The member that ran runs on; the one behind it never will.
            #expect(try await daemon.task(running + 1)["state"] == "running")
            #expect(try await daemon.done(running + 2)["state"] == "cancelled")
            #expect(try await daemon.done(drained + 3)["state"] == "cancelled")
        }
    }

    /// Composites go by the order in which members end, also when nobody was there to see it.
    @Test func whatEndedMeanwhileEndsInTheOrderInWhichItDid() async throws {
        try await withDaemon { daemon in
            let pipes = try (1...3).map { try daemon.directory.pipe("go\($0)") }
            let members = pipes.enumerated().map { number, pipe -> JSONValue in
                ["shell": .string("trap '' TERM; echo up; read x <\(pipe); exit \(number + 1)"), "grace": "1h"]
            }
            let group = try await daemon.submit(["task_group": .array(members), "timeout": "1h"])
            let ids = (1...3).map { group + $0 }
            for id in ids { try await daemon.firstLine(of: id) }
            try await daemon.kill9()
            for (id, pipe) in zip(ids, pipes) {
                try await daemon.directory.release(pipe)
                try await daemon.shimHasEnded(of: id)
            }
            // In another order than that of their numbers, and of their starts: the first has ended last.
            for (id, second) in zip(ids.dropFirst(), 1...) {
                let exit = "\(daemon.state)/tasks/\(id)/exit"
                let touched = try await Program.shell("touch -d '2026-01-01 00:00:0\(second)Z' '\(exit)'")
                #expect(touched.status == 0, "\(touched.stderr)")
            }
            let end = try await Program.shell("date -u -r '\(daemon.state)/tasks/\(ids[0])/exit' +%FT%T.%3NZ")
            try await daemon.start()
            let exceptions = try await daemon.done(group)["exception"]?["exceptions"]?.arrayValue ?? []
            #expect(exceptions.map { $0["exit_code"] } == [2, 3, 1])
            #expect(try await daemon.task(ids[0])["finished_at"]?.stringValue == String(end.stdout.dropLast()))
            for id in ids.dropFirst() {
                let member = try await daemon.task(id)
                // Nothing ends before it began, whatever the clock was.
                #expect(member["finished_at"] == member["started_at"])
            }
        }
    }

    @Test func whenACancelledCommandEndedIsKnownToTheNextDaemon() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let script = "trap '' TERM; echo up; read x <\(pipe); exit 143"
            let id = try await daemon.submit(["shell": .string(script), "grace": "1h"])
            try await daemon.firstLine(of: id)
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            try await daemon.event("cancel_requested", of: id)
            try await daemon.kill9()
            try await daemon.directory.release(pipe)
            try await daemon.shimHasEnded(of: id)
            let end = try await Program.shell("date -u -r '\(daemon.state)/tasks/\(id)/exit' +%FT%T.%3NZ")
            try await daemon.start()
            let task = try await daemon.done(id)
            #expect(task["state"] == "cancelled")
            #expect(task["finished_at"]?.stringValue == String(end.stdout.dropLast()))
        }
    }

    @Test func queuedTasksRunAndTheirNumbersGoOn() async throws {
        try await withDaemon { daemon in
            let queued = try await daemon.submit(["sleep": 0, "delay": "1s", "returns": "ran"])
            try await daemon.restart()
            #expect(try await daemon.done(queued)["result"] == "ran")
            #expect(try await daemon.submit(["sleep": 0]) > queued)
        }
    }

    @Test func aRunningSleepEndsAsInterrupted() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h"])
            try await daemon.event("started", of: id)
            try await daemon.restart()
            let task = try await daemon.done(id)
            #expect(task["state"] == "failed")
            #expect(task["exception"]?["type"] == "Interrupted")
            #expect(task["attempt"] == 1)
        }
    }

    @Test func aRunningSleepRunsAgainWhereAsked() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "1h", "on_interrupt": "rerun"])
            let first = try await daemon.event("started", of: id)
            try await daemon.restart()
            try await daemon.event("started", of: id, after: first)
            let task = try await daemon.task(id)
            #expect(task["state"] == "running")
            #expect(task["attempt"] == 2)
        }
    }

    @Test func aRunningCommandIsAdoptedAndFinishes() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await startCommand(pipe, daemon)
            try await daemon.restart()
            #expect(try await daemon.task(id)["state"] == "running")
            try await daemon.directory.release(pipe)
            try await expectFinished(id, daemon)
        }
    }

    @Test func aCommandThatEndsMeanwhileHasItsOutcome() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await startCommand(pipe, daemon)
            try await daemon.kill9()
            try await daemon.directory.release(pipe)
            try await daemon.start()
            try await expectFinished(id, daemon)
        }
    }

    @Test func anAdoptedCommandCanBeCancelled() async throws {
        try await withDaemon { daemon in
            let id = try await startCommand(try daemon.directory.pipe("go"), daemon)
            try await daemon.restart()
            #expect(try await daemon.taskctl("cancel", "\(id)", "--wait").stdout == "true\n")
            #expect(try await daemon.task(id)["state"] == "cancelled")
            #expect(try daemon.directory.shims().isEmpty)
        }
    }

    @Test func aGatherGoesOnFromItsMembers() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let id = try await daemon.submit([
                "gather": [
                    ["sleep": 0, "returns": "before"],
                    ["shell": .string("read x < \(pipe); echo '\"across\"'"), "output": "json"],
                    ["sleep": 0, "returns": "after"],
                ], "max_running": 1,
            ])
            let members = try #require(try await daemon.task(id)["children"]?.arrayValue).compactMap(\.intValue)
            try await daemon.event("started", of: members[1])
            try await daemon.restart()
            #expect(try await daemon.task(id)["state"] == "running")
            try await daemon.directory.release(pipe)
            let task = try await daemon.done(id)
            #expect(task["result"] == ["before", "across", "after"], "\(task["exception"]?.text() ?? "")")
        }
    }

    @Test func aStoreThatFailsEndsTheDaemon() async throws {
        try await withDaemon { daemon in
            let trigger = """
                CREATE TRIGGER broken BEFORE UPDATE OF state ON tasks WHEN NEW.state = 'succeeded'
                BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END
                """
            let made = try await Program.run("/usr/bin/sqlite3", ["-cmd", ".timeout 9000", daemon.history, trigger])
            try #require(made.status == 0, "\(made.stderr)")
            let id = try await daemon.submit(["sleep": 0])
            #expect(try await daemon.ending() == 70)
            #expect(try await Program.run("/usr/bin/sqlite3", [daemon.history, "DROP TRIGGER broken"]).status == 0)
            try await daemon.start()
            #expect(try await daemon.task(id)["exception"]?["type"] == "Interrupted")
        }
    }

    /// Starts a command that has written a line and waits for `pipe` to write another and end.
    private func startCommand(_ pipe: String, _ daemon: LiveDaemon) async throws -> Int64 {
        let id = try await daemon.submit(["shell": .string("echo one; read x < \(pipe); echo two; exit 3")])
        let output = try await daemon.open("GET", "/v1/tasks/\(id)/output?follow=true")
        #expect(try await output.line() == "one")
        return id
    }

    private func expectFinished(_ id: Int64, _ daemon: LiveDaemon) async throws {
        let task = try await daemon.done(id)
        #expect(task["exception"]?["type"] == "CommandFailed")
        #expect(task["exception"]?["exit_code"] == 3)
        #expect(task["attempt"] == 1)
        let output = try await daemon.http("GET", "/v1/tasks/\(id)/output")
        #expect(output.text == "one\ntwo\n")
    }
}

extension LiveDaemon {
    /// Returns when the shim of the task `id` has ended, which holds its progress open until then.
    func shimHasEnded(of id: Int64) async throws {
        let path = "\(state)/tasks/\(id)/progress"
        try await offPool {
            let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw TestFailure.system(path) }
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let count = read(descriptor, &buffer, buffer.count), count != 0 {
                guard count > 0 || errno == EAGAIN else { throw TestFailure.system(path) }
                var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&wish, 1, 30_000) > 0 else { throw TestFailure("the shim of task \(id) does not end") }
            }
        }
    }
}
