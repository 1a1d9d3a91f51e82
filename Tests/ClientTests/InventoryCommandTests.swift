import ArgumentParser
import Model
import Testing

@testable import Client

/// What `taskctl inventory` submits, and how it ends.
struct InventoryCommandTests {
    private static let routes: [CannedServer.Route] = [
        .json("GET /v1/jobs ", Inventories.jobs), .json("POST /v1/tasks?", Inventories.task(12), status: 201),
        .json(
            "POST /v1/wait ",
            #"{"done":[\#(Inventories.task(result: Inventories.plain(main: 1247)))],"pending":[]}"#),
    ]

    private func submitted(_ arguments: String...) throws -> JSONValue {
        let run = try taskctl(["inventory"] + arguments, routes: Self.routes)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.calls.contains("POST /v1/tasks?directory=%2Fsrv%2Fjobs"))
        return try JSONParser.parse(run.bodies[1])
    }

    @Test func submitsTheJobAsItStandsUnderItsName() throws {
        let job = try submitted("nightly")
        #expect(job["name"] == "nightly")
        #expect(job["key"] == "k")
        #expect(job["labels"] == ["a": "b"])
        #expect(
            job["inventory"] == (try JSONParser.parse(Inventories.jobs))["jobs"]?.arrayValue?[0]["job"]?["inventory"])
        #expect(try submitted("weekly")["name"] == "w")
    }

    @Test func asksOnlyTheSourcesThatAreNamed() throws {
        let job = try submitted("nightly", "--sources", "reserves,main")
        let inventory = try #require(job["inventory"])
        #expect(inventory["sources"]?.arrayValue?.compactMap { $0["name"] } == ["main", "reserves"])
        #expect(inventory["quorum"] == 2)
        #expect(inventory["drop_alert_percent"] == 5)
        #expect(inventory["reconcile"] == ["by": "isbn", "expect": [["source": "reserves", "within": "main"]]])
        // Who wants a part has not walked along the shelf.
        #expect(inventory["verify"] == nil)
        #expect(job["key"] == nil)
        let one = try submitted("nightly", "--sources", "main", "--sources", "main")
        #expect(one["inventory"]?["quorum"] == 1)
        #expect(one["inventory"]?["reconcile"] == ["by": "isbn"])
        let walked = try submitted("nightly", "--sources", "main", "--verify", "Package.swift")
        #expect(walked["inventory"]?["verify"]?["sip2"] == ["host": "c"])
        // Nothing that is left has anything to compare.
        #expect(try submitted("nightly", "--sources", "loans")["inventory"]?["reconcile"] == nil)
        #expect(try submitted("nightly", "--sources", "loans,branch")["inventory"]?["reconcile"] == nil)
        #expect(try submitted("nightly", "--sources", "branch")["inventory"]?["reconcile"] == nil)
    }

    @Test func looksAtTheBooksInAFileFromHere() throws {
        let here = try SubmittedFile.currentDirectory()
        let job = try submitted("nightly", "--verify", "Package.swift")
        #expect(job["inventory"]?["verify"] == ["scanned": .string(here + "/Package.swift"), "sip2": ["host": "c"]])
        #expect(job["key"] == nil)
    }

    @Test(arguments: [
        ([], 64, "nightly, weekly"),
        (["nightly", "--sources", "main,moon"], 64, "moon; it has: main, reserves, loans, branch"),
        (["nap"], 64, "the job nap is not an inventory"), (["moon"], 4, "the inventories are: nightly, weekly"),
        (["wrong"], 64, "/srv/jobs/wrong.yaml: slep: unknown\\u{7}"),
        (["weekly", "--verify", "Package.swift"], 64, "verify: {scanned: scanned.txt, sip2:"),
        (["nightly", "--verify", "/nonexistent"], 64, "/nonexistent: No such file"),
    ])
    func saysWhatItCannotSubmit(arguments: [String], status: Int32, message: String) throws {
        let run = try taskctl(["inventory"] + arguments, routes: Self.routes)
        #expect(run.status == status)
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(run.calls == ["GET /v1/jobs"])
    }

    @Test func takesTheOnlyInventoryWhenNoneIsNamed() throws {
        let only = #"{"jobs":[{"name":"a","path":"/j/a.yaml","job":{"inventory":{"sources":[]}},"error":null}]}"#
        let run = try taskctl(["inventory"], routes: [.json("GET /v1/jobs ", only)] + Self.routes.dropFirst())
        #expect(run.status == 0)
        let none = try taskctl(["inventory"], routes: [.json("GET /v1/jobs ", #"{"jobs":[]}"#)])
        #expect(none.status == 4)
        #expect(none.errors.contains("--file"))
    }

    @Test func takesAFileThatTheDaemonReads() throws {
        let file = MemoryFile()
        let path = "/dev/fd/\(file.descriptor)"
        try Output(descriptor: file.descriptor).write("inventory: 1 # é\n")
        let read = CannedServer.Route.json(
            "POST /v1/tasks?directory=%2Fproc", #"{"inventory":{"sources":[{"name":"a"},{"name":"b"}]}}"#)
        let run = try taskctl(["inventory", "-f", path, "--sources", "b"], routes: [read] + Self.routes.dropFirst())
        #expect(run.calls.first?.hasSuffix("&dry_run=true") == true)
        #expect(run.bodies.first == "inventory: 1 # é\n")
        #expect(run.bodies.dropFirst().first?.contains(#"{"sources":[{"name":"b"}]}"#) == true)
        let nap = try taskctl(["inventory", "-f", path], routes: [.json("POST", #"{"sleep":1}"#)])
        #expect(nap.status == 64)
        #expect(nap.errors.contains("not an inventory"))
    }

    @Test func goesOnAtTheTimeout() throws {
        let late = CannedServer.Route.json("POST /v1/wait ", #"{"done":[],"pending":[\#(task(12, "running"))]}"#)
        let run = try taskctl(["inventory", "nightly", "--timeout", "5"], routes: Self.routes.dropLast() + [late])
        #expect(run.status == 124)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("inventory 12 is not done within 5s; it goes on"))
        #expect(run.errors.contains("taskctl inventory show 12"))
        #expect(run.bodies.last == #"{"ids":[12],"return_when":"ALL_COMPLETED","timeout":5}"#)
    }

    @Test func tellsTheIDWhenWaitingFails() throws {
        let stopping = CannedServer.Route.problem("POST /v1/wait ", status: 503, detail: "stopping")
        let run = try taskctl(["inventory", "nightly"], routes: Self.routes.dropLast() + [stopping])
        #expect(run.status == 3, "75 would have a script count it again")
        #expect(run.errors.hasSuffix("it was accepted as 12; run taskctl inventory show 12\n"), "\(run.errors)")
    }

    @Test(arguments: [
        ["inventory", "--fail-on", "moon"], ["inventory", "--csv", "--json"], ["inventory", ""],
        ["inventory", "a", "b"], ["inventory", "history", "--limit", "0"], ["inventory", "history", "--csv", "--json"],
        ["inventory", "show", "--books", "--csv"],
    ])
    func refusesWhatMakesNoSense(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try TaskCtl.parseAsRoot(arguments) }
        #expect(error.map { TaskCtl.exitCode(for: $0).rawValue } == ExitStatus.usage.rawValue)
    }

    @Test func aJobCalledLikeASubcommandCanBeRun() throws {
        let run = try #require(try TaskCtl.parseAsRoot(["inventory", "run", "history"]) as? Inventory.Run)
        #expect(run.job == "history")
        #expect(try TaskCtl.parseAsRoot(["inventory", "history"]) is Inventory.History)
        #expect(LeadingOptions.arranged(["--json", "inventory", "history"]) == ["inventory", "history", "--json"])
    }
}
