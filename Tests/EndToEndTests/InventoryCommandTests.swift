import Model
import Testing

/// `taskctl inventory` with the real daemon, and on a real terminal.
@Suite(.timeLimit(.minutes(1)))
struct InventoryCommandTests {
    /// Three systems, each a file with a number in it.
    private static let nightly = """
        inventory:
          sources:
            - {name: main, command: {argv: [cat, ../main]}}
            - {name: reserves, command: {argv: [cat, ../reserves]}}
            - {name: loans, command: {argv: [cat, ../loans]}}
          quorum: 2
        """

    private func withLibrary(
        _ jobs: [String: String] = ["nightly.yaml": nightly], _ test: (LiveDaemon) async throws -> Void
    ) async throws {
        try await withDaemon(jobs: jobs) { daemon in
            for (name, count) in ["main": 1247, "reserves": 89, "loans": 34] {
                try daemon.directory.write("\(count)\n", to: name)
            }
            try await test(daemon)
        }
    }

    @Test func whatIsMeasuredAgainstIsNotPruned() async throws {
        try await withLibrary { daemon in
            for _ in 1...2 { #expect(try await daemon.taskctl("inventory").status == 0) }
            try daemon.directory.write("2\n", to: "loans")
            #expect(try await daemon.taskctl("inventory", "--fail-on", "suspicious").status == 1)
            // The last is what two sources are measured against, and the one before what the third is.
            #expect(try await daemon.taskctl("prune", "--older-than", "0").stdout == "4\n")
            let again = try await daemon.taskctl("inventory", "--fail-on", "suspicious")
            #expect(again.status == 1)
            #expect(again.stdout.contains("loans fell too far"))
        }
    }

    /// However many others have run since, whatever order its lines are written in, and also with a history from before
    /// measures were noted.
    @Test func aSourceIsMeasuredAgainstItsLastGoodRunHoweverLongAgo() async throws {
        try await withLibrary { daemon in
            func inventory(_ source: JSONObject) -> JSONValue {
                var source = source
                source["name"] = "books"
                return ["inventory": ["sources": [.object(source)]]]
            }
            let argv: JSONValue = ["cat", .string(daemon.directory.path + "/main")]
            _ = try await daemon.run(inventory(["command": ["argv": argv, "parse": "number"]]))
            let others = JSONValue.array(
                (0..<205).map { inventory(["command": ["argv": ["echo", .string("\($0)")]]]) })
            let tasks = try await daemon.http("POST", "/v1/tasks", others).json.arrayValue ?? []
            let wait: JSONValue = ["ids": .array(tasks.compactMap { $0["id"] })]
            let answer = try await daemon.http("POST", "/v1/wait", wait).json
            #expect(answer["done"]?.arrayValue?.count == 205 && answer["pending"] == [])
            try daemon.directory.write("3\n", to: "main")
            let turned = inventory(["command": ["parse": "number", "argv": argv]])
            #expect(try await daemon.run(turned)["result"]?["verdict"] == "suspicious")
            try await daemon.kill9()
            let cleared = try await Program.run("/usr/bin/sqlite3", [daemon.history, "DELETE FROM measures"])
            #expect(cleared.status == 0, "\(cleared.stderr)")
            try await daemon.start()
            #expect(try await daemon.run(turned)["result"]?["verdict"] == "suspicious")
        }
    }

    @Test(arguments: [(99.9, "suspicious"), (100, "ok")])
    func aCollectionThatIsReallyEmptyCanBeAccepted(percent: Double, verdict: String) async throws {
        try await withLibrary { daemon in
            let file = JSONValue.string(daemon.directory.path + "/loans")
            let job = { (percent: Double) -> JSONValue in
                let source: JSONValue = ["name": "loans", "command": ["argv": ["cat", file]]]
                return ["inventory": ["sources": [source], "drop_alert_percent": .number(percent)]]
            }
            _ = try await daemon.run(job(20))
            try daemon.directory.write("0\n", to: "loans")
            #expect(try await daemon.run(job(20))["result"]?["verdict"] == "suspicious")
            #expect(try await daemon.run(job(percent))["result"]?["verdict"] == .string(verdict))
            // What was accepted is the new measure.
            #expect(try await daemon.run(job(20))["result"]?["verdict"] == .string(verdict))
        }
    }

    @Test func countsAndShowsWhatHasChanged() async throws {
        try await withLibrary { daemon in
            let first = try await daemon.taskctl("inventory")
            #expect(first.status == 0, "\(first.stderr)")
            #expect(first.stderr.isEmpty)
            #expect(first.stdout.contains("answered; there is nothing yet to measure their counts against\n"))
            try daemon.directory.write("1249\n", to: "main")
            try daemon.directory.write("30\n", to: "loans")
            let second = try await daemon.taskctl("inventory", "nightly")
            let rows = second.stdout.split(separator: "\n").map { $0.split(separator: " ").prefix(4) }
            #expect(rows.contains(["main", "1249", "+2", "ok"]))
            #expect(rows.contains(["loans", "30", "-4", "ok"]))
            #expect(rows.contains(["TOTAL", "1368", "-2", "ok"]))
            #expect(second.stdout.contains("\nok: 3 of 3 sources have answered, and no count fell too far\n"))
            let again = try await daemon.taskctl("inventory", "show")
            #expect(again.stdout == second.stdout)
        }
    }

    @Test func exitsByWhatItFound() async throws {
        try await withLibrary { daemon in
            #expect(try await daemon.taskctl("inventory", "--fail-on", "partial,suspicious,discrepancies").status == 0)
            try daemon.directory.write("0\n", to: "main")
            #expect(try await daemon.taskctl("inventory").status == 0)
            let suspicious = try await daemon.taskctl("inventory", "--fail-on", "suspicious", "--csv")
            #expect(suspicious.status == 1)
            #expect(suspicious.stdout.contains("main,0,-1247,suspicious,"))
            #expect(suspicious.stderr == "taskctl: found what --fail-on names: suspicious\n")
            try daemon.directory.write("down", to: "reserves")
            let partial = try await daemon.taskctl("inventory", "--fail-on", "partial")
            #expect(partial.status == 1)
            #expect(partial.stdout.contains("the total is without reserves"))
            try daemon.directory.write("down", to: "loans")
            let failed = try await daemon.taskctl("inventory")
            #expect(failed.status == 1)
            #expect(failed.stdout.contains("failed: 1 of 3 sources have answered, which is too few"))
            #expect(failed.stderr.contains("QuorumNotMet"))
        }
    }

    @Test func asksOnlyTheSourcesThatAreNamed() async throws {
        try await withLibrary { daemon in
            _ = try await daemon.taskctl("inventory")
            try daemon.directory.write("90\n", to: "reserves")
            let reply = try await daemon.taskctl("inventory", "--sources", "reserves", "--json")
            let task = try JSONParser.parse(reply.stdout)
            #expect(task["result"]?["counts"] == ["reserves": 90])
            #expect(task["result"]?["deltas"] == ["reserves": 1])
            #expect(task["name"] == "nightly")
        }
    }

    @Test func takesAFileFromHereAsItIsAndInPart() async throws {
        try await withLibrary([:]) { daemon in
            try daemon.directory.write(["count.yaml": Self.nightly, "nap.yaml": "sleep: 0"], to: "here")
            let whole = try await daemon.taskctl("inventory", "-f", "here/count.yaml", "--json")
            #expect(try JSONParser.parse(whole.stdout)["result"]?["total"] == 1370)
            #expect(try JSONParser.parse(whole.stdout)["name"] == "count")
            let part = try await daemon.taskctl(
                "inventory", "-f", "here/count.yaml", "--sources", "main,loans", "--csv")
            #expect(part.stdout.split(separator: "\r\n").count == 3)
            let none = try await daemon.taskctl("inventory", "-f", "here/nap.yaml")
            #expect(none.status == 64)
            let wrong = try await daemon.taskctl("inventory", "-f", "-", "--sources", "a", input: "inventory: {}")
            #expect(wrong.status == 64)
            #expect(wrong.stderr.contains("inventory.sources"))
            #expect(try await daemon.http("GET", "/v1/tasks?state=succeeded&kind=sleep").json["tasks"] == [])
        }
    }

    @Test func aDryRunStoresNothing() async throws {
        try await withDaemon { daemon in
            let job: JSONValue = ["sleep": 0, "name": "n"]
            let one = try await daemon.http("POST", "/v1/tasks?dry_run=true&overrides=%7B%22name%22%3A%22m%22%7D", job)
            #expect(one.status == 200)
            #expect(try one.json == ["sleep": 0, "name": "m"])
            let list = try await daemon.http("POST", "/v1/tasks?dry_run=true", .array([job, job]))
            #expect(try list.json == .array([job, job]))
            let wrong = try await daemon.http("POST", "/v1/tasks?dry_run=true", ["slep": 0])
            #expect(wrong.status == 400)
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }

    @Test func historyShowsHowTheCountsWent() async throws {
        try await withLibrary { daemon in
            for count in [100, 102, 0, 103] {
                try daemon.directory.write("\(count)\n", to: "main")
                _ = try await daemon.taskctl("inventory")
            }
            try daemon.directory.write("down", to: "loans")
            _ = try await daemon.taskctl("inventory")
            let history = try await daemon.taskctl("inventory", "history", "nightly")
            let rows = history.stdout.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(rows.contains(["main", "▁▆!██", "103", "0", "+3", "0", "1"]), "\(history.stdout)")
            #expect(rows.contains(["loans", "▄▄▄▄·", "34", "0", "0", "1", "0"]))
            let plain = try await Program.shell(
                "LC_ALL=C TASKD_SOCKET=\(daemon.socket) \(Program.taskctl) inventory history --limit 3")
            #expect(plain.stdout.contains("main      !~~ "), "\(plain.stdout)")
        }
    }
}

// MARK: - On a terminal

extension InventoryCommandTests {
    private static let slow = """
        inventory:
          sources:
            - {name: "日\\e[2Jmain", command: {argv: [cat, ../main]}}
            - {name: shelf, command: {argv: [sh, -c, "cat ../go >../went; echo 5"]}}
            - {name: gone, command: {argv: [cat, ../nowhere]}}
          quorum: 1
        """

    private func taskctl(_ command: String, _ daemon: LiveDaemon, variables: String = "") -> String {
        "\(variables) TASKD_SOCKET=\(daemon.socket) exec \(Program.taskctl) \(command)"
    }

    @Test(arguments: [80, 40])
    func aLineASourceShowsHowFarItIs(columns: Int) async throws {
        try await withLibrary(["slow.yaml": Self.slow]) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let line = taskctl("inventory", daemon, variables: "NO_COLOR=1")
            let (shown, status) = try await PseudoTerminal.run(line, columns: columns) { terminal in
                try await terminal.wait(for: "2/3")
                try await daemon.directory.release(pipe)
            }
            #expect(status == 0)
            #expect(!shown.contains("\u{1B}[2J"))
            #expect(shown.contains("日\\u{1b}[2Jm"))
            #expect(shown.contains("100% succeeded 1247"))
            #expect(shown.contains("failed    SourceE"))
            #expect(shown.contains("partial: 2 of 3 sources have answered; the total is without gone"))
            // The reason has no room in the table.
            #expect(shown.contains("No such file"))
            // Sentences alone may be longer than the terminal is wide: they have no columns.
            let lines = shown.split(whereSeparator: \.isNewline).filter {
                !$0.hasPrefix("partial: ") && !$0.hasPrefix("gone: ")
            }
            for line in lines {
                let text = line.replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
                #expect(text.count <= columns, "\(text)")
            }
        }
    }

    @Test func controlCInterruptsTheWaitingAlone() async throws {
        try await withLibrary(["slow.yaml": Self.slow]) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let (shown, status) = try await PseudoTerminal.run(taskctl("inventory", daemon)) { terminal in
                try await terminal.wait(for: "2/3")
                try await terminal.type("\u{3}")
            }
            #expect(status == 130)
            #expect(
                shown.contains("inventory 1 goes on; to see what comes of it: taskctl inventory show 1"), "\(shown)")
            try await daemon.directory.release(pipe)
            let reply = try await daemon.taskctl("inventory", "show", "1")
            #expect(reply.status == 0)
            #expect(reply.stdout.contains("shelf"))
        }
    }

    @Test func theTimeoutInterruptsTheWaitingAlone() async throws {
        try await withLibrary(["slow.yaml": Self.slow]) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let reply = try await daemon.taskctl("inventory", "--timeout", "50ms")
            #expect(reply.status == 124)
            #expect(reply.stdout.isEmpty)
            #expect(reply.stderr.contains("taskctl inventory show 1"))
            #expect(try await daemon.task(1)["cancel_requests"] == 0)
            _ = try await daemon.http("POST", "/v1/tasks/1/cancel")
            #expect(try await daemon.taskctl("inventory", "show", "1").status == 2)
            _ = pipe
        }
    }

    @Test func colourIsForTerminalsThatWantIt() async throws {
        try await withLibrary { daemon in
            _ = try await daemon.taskctl("inventory")
            let coloured = try await PseudoTerminal.run(taskctl("inventory show", daemon)).shown
            #expect(coloured.contains("\u{1B}[32mok\u{1B}[0m"))
            let plain = try await PseudoTerminal.run(taskctl("inventory show", daemon, variables: "NO_COLOR=1")).shown
            #expect(!plain.contains("\u{1B}[3"))
        }
    }
}
