import Glibc
import Model
import Testing

/// Stocks that are verified book by book, by a library system of the test.
@Suite(.timeLimit(.minutes(1)))
struct VerificationTests {
    private static let barcodes = (0..<120).map { "b\(1000 + $0)" }

    private static func books() -> [String: (status: String, title: String)] {
        var books: [String: (status: String, title: String)] = [:]
        for (index, barcode) in barcodes.enumerated() {
            books[barcode] = (index.isMultiple(of: 10) ? "04" : "03", "Book \(index)")
        }
        return books
    }

    /// Runs `test` with a daemon, a list of scanned books, and a system that keeps silent about one of them once.
    private func withBooks(
        holding held: String? = nil, _ test: (LiveDaemon, LibrarySystem, _ verify: JSONValue) async throws -> Void
    ) async throws {
        let system = try LibrarySystem(Self.books(), holding: held)
        defer { system.stop() }
        try await withDaemon { daemon in
            try daemon.directory.write(Self.barcodes.map { $0 + "\n" }.joined(), to: "scanned.txt")
            let verify: JSONValue = [
                "scanned": .string(daemon.directory.path + "/scanned.txt"),
                "sip2": [
                    "host": "127.0.0.1", "port": .int(Int64(system.port)), "error_detection": false, "rate": 1000,
                ],
            ]
            try await test(daemon, system, verify)
        }
    }

    private func expectWhole(_ result: JSONValue?) {
        #expect(result?["total"] == 120)
        #expect(result?["statuses"]?["ok_on_shelf"] == 108)
        #expect(result?["statuses"]?["on_shelf_but_checked_out"] == 12)
        #expect(result?["problems"]?.arrayValue?.count == 12)
        #expect(result?["is_complete"] == true)
    }

    private func expectWholeReport(_ report: String) {
        let lines = report.split(separator: "\n")
        #expect(lines.first == "barcode,status,system_status,title,scanned_times")
        #expect(lines.dropFirst().map { $0.split(separator: ",").first.map(String.init) } == Self.barcodes)
        #expect(lines.last == "b1119,ok_on_shelf,available,Book 119,1")
    }

    @Test func itsReportIsTheOutputOfTheTask() async throws {
        try await withBooks { daemon, system, verify in
            let task = try await daemon.run(["verify": verify])
            #expect(task["kind"] == "verify")
            expectWhole(task["result"])
            let id = try #require(task["id"]?.intValue)
            expectWholeReport(try await daemon.http("GET", "/v1/tasks/\(id)/output").text)
            expectWholeReport(try await daemon.taskctl("logs", "\(id)").stdout)
            #expect(system.codes == ["17", "99"])
        }
    }

    /// The book that was being asked about when the daemon ended is the only one that is asked about twice.
    @Test(arguments: [SIGKILL, SIGTERM])
    func goesOnUnderTheNextDaemon(_ signal: Int32) async throws {
        try await withBooks(holding: "b1073") { daemon, system, verify in
            let sources: [JSONValue] = [
                ["name": "main", "command": ["argv": ["echo", "7"], "parse": "number"]]
            ]
            let id = try await daemon.submit(["inventory": ["sources": .array(sources), "verify": verify]])
            await system.isHolding()
            let member = try #require(try await daemon.task(id)["children"]?.arrayValue?.last?.intValue)
            #expect(try await daemon.task(member)["name"] == "verification")
            try await daemon.end(signal)
            // What is scanned meanwhile is for another verification.
            try daemon.directory.write("later\n", to: "scanned.txt")
            try await daemon.start()
            let task = try await daemon.done(id)
            expectWhole(task["result"]?["verification"])
            #expect(task["result"]?["verdict"] == "ok")
            #expect(task["result"]?["counts"]?.text() == #"{"main":7}"#)
            let asked = system.asked
            let expected = Self.barcodes.prefix(74) + Self.barcodes.dropFirst(73)
            #expect(asked == Array(expected))
            expectWholeReport(try await daemon.http("GET", "/v1/tasks/\(member)/output").text)
        }
    }

    @Test func aVerificationThatFailsLeavesTheCounts() async throws {
        try await withBooks { daemon, system, verify in
            let sources: [JSONValue] = [
                ["name": "main", "command": ["argv": ["echo", "7"], "parse": "number"]]
            ]
            try daemon.directory.write("no|barcode\n", to: "scanned.txt")
            let task = try await daemon.run(["inventory": ["sources": .array(sources), "verify": verify]])
            #expect(task["state"] == "succeeded")
            #expect(task["result"]?["counts"]?["main"] == 7)
            #expect(task["result"]?["verification"]?["exception"]?["type"] == "SourceError")
            #expect(task["result"]?["verdict"] == "partial")
            #expect(system.asked.isEmpty)
        }
    }

    @Test func isCancelledLikeAnyOther() async throws {
        try await withBooks(holding: "b1005") { daemon, system, verify in
            let id = try await daemon.submit(["verify": verify])
            await system.isHolding()
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel")
            #expect(try await daemon.done(id)["state"] == "cancelled")
            let report = try await daemon.http("GET", "/v1/tasks/\(id)/output").text
            #expect(report.split(separator: "\n").count == 6)
        }
    }
}
