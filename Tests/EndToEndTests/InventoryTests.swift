import Model
import Testing

/// The inventory of a library whose systems are files and programs of the test.
@Suite(.timeLimit(.minutes(1)))
struct InventoryTests {
    /// A record of MARC 21 with nothing but its number.
    private static let record = "00040nam a2200037   4500001000200000\u{1E}1\u{1E}\u{1D}"

    @Test func countsAllSystemsAtOnceAndSaysWhatHasChanged() async throws {
        try await withDaemon { daemon in
            try daemon.directory.count(["main": 1245, "reserves": 89, "loans": 34])
            let first = try await daemon.run(daemon.inventory())
            #expect(first["state"] == "succeeded")
            #expect(first["kind"] == "inventory")
            #expect(first["result"]?["counts"]?.text() == #"{"main":1245,"reserves":89,"loans":34}"#)
            #expect(first["result"]?["total"] == 1368)
            #expect(first["result"]?["deltas"]?.text() == #"{"main":null,"reserves":null,"loans":null}"#)
            #expect(first["result"]?["verdict"] == "ok")
            #expect(first["result"]?["discrepancies"] == [])
            let source = first["result"]?["sources"]?["main"]
            #expect(source?["state"] == "ok")
            #expect(source?["count"] == 1245)
            #expect(source?["exact"] == true)
            for fact in ["method", "took_ms", "checked_at"] { #expect(source?[fact] ?? .null != .null, "\(fact)") }
            try daemon.directory.count(["main": 1247, "reserves": 89, "loans": 30])
            let second = try await daemon.run(daemon.inventory())
            #expect(second["result"]?["deltas"]?.text() == #"{"main":2,"reserves":0,"loans":-4}"#)
            #expect(second["result"]?["verdict"] == "ok")
        }
    }

    @Test func aCountThatFallsTooFarIsSuspiciousAndNoBaseline() async throws {
        try await withDaemon { daemon in
            try daemon.directory.count(["main": 100, "reserves": 89, "loans": 34])
            _ = try await daemon.run(daemon.inventory())
            for broken: Int64 in [79, 0] {
                try daemon.directory.count(["main": broken, "reserves": 89, "loans": 34])
                let run = try await daemon.run(daemon.inventory())
                #expect(run["result"]?["verdict"] == "suspicious")
                #expect(run["result"]?["sources"]?["main"]?["state"] == "suspicious")
                #expect(run["result"]?["deltas"]?["main"] == .int(broken - 100))
            }
            try daemon.directory.count(["main": 80, "reserves": 89, "loans": 34])
            let run = try await daemon.run(daemon.inventory())
            #expect(run["result"]?["verdict"] == "ok")
            #expect(run["result"]?["deltas"]?["main"] == -20)
        }
    }

    /// What counts is what was asked, and not what it is called.
    @Test func onlyTheSameQuestionIsABaseline() async throws {
        try await withDaemon { daemon in
            try daemon.directory.write("a\n1\n2\n", to: "first.csv")
            try daemon.directory.write("a\n1\n", to: "second.csv")
            func delta(_ name: String, _ file: String, in directory: String) async throws -> JSONValue? {
                let source: JSONValue = ["name": .string(name), "file": ["path": .string(file), "format": "csv"]]
                let job: JSONValue = ["inventory": ["sources": [source]]]
                let reply = try await daemon.http("POST", "/v1/tasks?directory=\(directory)", job)
                return try await daemon.done(try reply.json["id"]?.intValue ?? 0)["result"]?["deltas"]?[name]
            }
            let here = daemon.directory.path
            #expect(try await delta("main", "first.csv", in: here) == .null)
            #expect(try await delta("main", "second.csv", in: here) == .null)
            #expect(try await delta("other", "first.csv", in: here) == 0)
            #expect(try await delta("main", here + "/second.csv", in: "/") == 0)
        }
    }

    /// How it is asked changes nothing of what it holds.
    @Test func howASourceIsAskedIsNoOtherQuestion() async throws {
        try await withDaemon { daemon in
            try daemon.directory.write("a\n1\n2\n", to: "books.csv")
            try daemon.directory.write("#!/bin/sh\necho 3\n", to: "count")
            func deltas(_ books: JSONObject, in directory: String) async throws -> JSONValue? {
                let count: JSONValue = ["argv": ["/bin/sh", "count"]]
                let sources: JSONValue = [
                    ["name": "books", "file": .object(books)], ["name": "program", "command": count],
                ]
                let job: JSONValue = ["inventory": ["sources": sources]]
                let reply = try await daemon.http("POST", "/v1/tasks?directory=\(directory)", job)
                return try await daemon.done(try reply.json["id"]?.intValue ?? 0)["result"]?["deltas"]
            }
            let here = daemon.directory.path
            _ = try await deltas(["path": "books.csv", "format": "csv"], in: here)
            let same: JSONValue = ["books": 0, "program": 0]
            #expect(try await deltas(["format": "csv", "path": "./books.csv"], in: here) == same)
            #expect(try await deltas(["format": "csv", "path": ".//././books.csv"], in: here) == same)
            // The same words name another program there.
            try daemon.directory.write(["books.csv": "a\n1\n", "count": "echo 4\n"], to: "there")
            let there: JSONValue = ["books": nil, "program": nil]
            #expect(try await deltas(["path": "books.csv", "format": "csv"], in: here + "/there") == there)
        }
    }

    @Test func aListOfBarcodesOfAnotherDirectoryIsAnotherQuestion() async throws {
        let system = try LibrarySystem(["1": ("03", "A"), "2": ("03", "B")])
        try await withDaemon { daemon in
            try daemon.directory.write(["list": "1\n2\n"], to: "a")
            try daemon.directory.write(["list": "1\n"], to: "b")
            func delta(_ directory: String, _ more: JSONObject = [:]) async throws -> JSONValue? {
                var sip2: JSONObject = [
                    "host": "127.0.0.1", "port": .int(Int64(system.port)), "barcodes": "list", "error_detection": false,
                ]
                sip2.merge(more)
                let job: JSONValue = ["inventory": ["sources": [["name": "desk", "sip2": .object(sip2)]]]]
                let path = daemon.directory.path + "/" + directory
                let reply = try await daemon.http("POST", "/v1/tasks?directory=\(path)", job)
                let task = try await daemon.done(try reply.json["id"]?.intValue ?? 0)
                #expect(task["state"] == "succeeded")
                return task["result"]?["deltas"]?["desk"]
            }
            #expect(try await delta("a") == .null)
            #expect(try await delta("b") == .null)
            #expect(try await delta("a", ["timeout": "9s", "rate": 70, "connect_timeout": 1]) == 0)
        }
        system.stop()
    }

    /// What is damaged is not counted: a file that is mostly damaged has lost as much as one that was cut.
    @Test func aFileWithTooManyDamagedRecordsIsSuspicious() async throws {
        try await withDaemon { daemon in
            func run(_ good: Int, _ bad: Int, _ percent: Double = 20) async throws -> JSONValue? {
                try daemon.directory.write(
                    String(repeating: Self.record, count: good) + String(repeating: "damaged\u{1D}", count: bad),
                    to: "books.mrc")
                let file: JSONValue = ["path": .string(daemon.directory.path + "/books.mrc"), "format": "marc"]
                let job: JSONValue = [
                    "inventory": ["sources": [["name": "main", "file": file]], "drop_alert_percent": .number(percent)]
                ]
                return try await daemon.run(job)["result"]
            }
            let few = try await run(8, 2)
            #expect(few?["counts"] == ["main": 8])
            #expect(few?["sources"]?["main"]?["state"] == "ok")
            #expect(few?["sources"]?["main"]?["damaged"] == 2)
            #expect(few?["sources"]?["main"]?["exact"] == false)
            let many = try await run(8, 3)
            #expect(many?["sources"]?["main"]?["state"] == "suspicious")
            #expect(many?["sources"]?["main"]?["damaged"] == 3)
            #expect(many?["verdict"] == "suspicious")
            #expect(try await run(8, 3, 100)?["verdict"] == "ok")
            #expect(try await run(8, 0)?["sources"]?["main"]?["damaged"] == 0)
        }
    }

    @Test func aSystemThatFailsLeavesAPartOrNothing() async throws {
        try await withDaemon { daemon in
            try daemon.directory.count(["main": 100, "reserves": 89, "loans": 34])
            _ = try await daemon.run(daemon.inventory())
            try daemon.directory.write("the server is down", to: "reserves")
            let part = try await daemon.run(daemon.inventory(["quorum": 2]))
            #expect(part["state"] == "succeeded")
            #expect(part["result"]?["verdict"] == "partial")
            #expect(part["result"]?["counts"]?.text() == #"{"main":100,"reserves":null,"loans":34}"#)
            #expect(part["result"]?["total"] == 134)
            #expect(part["result"]?["sources"]?["reserves"]?["exception"]?["type"] == "SourceError")
            let nothing = try await daemon.run(daemon.inventory())
            #expect(nothing["state"] == "failed")
            #expect(nothing["exception"]?["type"] == "QuorumNotMet")
            #expect(nothing["exception"]?["message"]?.stringValue?.contains("reserves: ") == true)
            #expect(nothing["exception"]?["counts"]?["main"] == 100)
        }
    }

    @Test func ofManySilentSourcesTheMessageNamesAFew() async throws {
        try await withDaemon { daemon in
            try daemon.directory.count(["main": 100, "reserves": 89, "loans": 34])
            let silent = (1...12).map { number -> JSONValue in
                ["name": .string("silent-\(number)"), "command": ["argv": ["false"], "parse": "number"]]
            }
            let task = try await daemon.run(daemon.inventory(adding: silent))
            let message = try #require(task["exception"]?["message"]?.stringValue)
            #expect(message.hasPrefix("3 of 15 sources have answered, 15 must; silent-1: "))
            #expect(message.contains("; silent-10: ") && message.hasSuffix("; and 2 more"), "\(message)")
            #expect(task["exception"]?["sources"]?["silent-12"]?["exception"]?["type"] == "SourceError")
        }
    }

    @Test func theAnswerIsTheSameThroughACrash() async throws {
        try await withDaemon { daemon in
            try daemon.directory.count(["main": 100, "reserves": 89, "loans": 34])
            let pipe = try daemon.directory.pipe("go")
            let slow: JSONValue = ["name": "slow", "command": ["argv": ["cat", .string(pipe)], "parse": "number"]]
            let id = try await daemon.submit(daemon.inventory(adding: [slow], ["quorum": 3]))
            for member in id + 1...id + 3 { try await daemon.event("succeeded", of: member) }
            try await daemon.restart()
            let task = try await daemon.done(id)
            #expect(task["result"]?["counts"]?["main"] == 100)
            #expect(task["result"]?["counts"]?["slow"] == .null)
            #expect(task["result"]?["sources"]?["slow"]?["exception"]?["type"] == "Interrupted")
            #expect(task["result"]?["verdict"] == "partial")
        }
    }

    @Test(arguments: [
        (#"{"inventory": {}}"#, "inventory.sources"), (#"{"inventory": {"sources": []}}"#, "inventory.sources"),
        (#"{"inventory": {"sources": [{"file": {}}]}}"#, "inventory.sources[0].name"),
        (#"{"inventory": {"sources": [{"name": "a"}]}}"#, "inventory.sources[0]"),
        (#"{"inventory": {"sources": [{"name": "a", "sru": {"uri": "x"}}]}}"#, "inventory.sources[0].sru"),
        (
            #"{"inventory": {"sources": [{"name": "a", "file": {"path": "x", "format": "csv"}}], "quorum": 2}}"#,
            "inventory.quorum"
        ),
        (
            #"{"inventory": {"sources": [{"name": "a", "file": {"path": "x", "format": "csv"}}], "drop": 2}}"#,
            "inventory.drop"
        ),
    ])
    func whatIsWrongIsNamed(job: String, path: String) async throws {
        try await withDaemon { daemon in
            let reply = try await daemon.http("POST", "/v1/tasks", bytes: Array(job.utf8))
            #expect(reply.status == 400)
            #expect(reply.text.contains(path), "\(reply.text)")
        }
    }
}

extension Directory {
    /// Has the systems answer these counts.
    fileprivate func count(_ counts: [String: Int64]) throws {
        for (name, count) in counts { try write("\(count)\n", to: name) }
    }
}

extension LiveDaemon {
    /// The inventory of three systems, each a file with a number in it.
    fileprivate func inventory(adding more: [JSONValue] = [], _ policy: JSONObject = [:]) -> JSONValue {
        let sources = ["main", "reserves", "loans"].map { name -> JSONValue in
            let file = JSONValue.string(directory.path + "/" + name)
            return ["name": .string(name), "command": ["argv": ["cat", file], "parse": "number"]]
        }
        var inventory: JSONObject = ["sources": .array(sources + more)]
        inventory.merge(policy)
        return ["inventory": .object(inventory), "name": "inventory"]
    }
}
