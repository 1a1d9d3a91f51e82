import Model
import Testing

/// What comparing and verifying find in a library whose systems are real servers, of which the truth is known.
@Suite(.timeLimit(.minutes(3)))
struct LibraryReconciliationTests {
    @Test func findsEveryDiscrepancyThatIsThere() async throws {
        let library = try await Library.open()
        try await withDaemon { daemon in
            let begin = ContinuousClock.now
            let result = try await daemon.run(Self.job(library))["result"] ?? .null
            Torture.report("three systems counted and compared in \(begin.duration(to: .now))")
            #expect(result["total"] == .int(Library.main + Library.reserves + Library.interlibrary))
            let found = result["discrepancies"]?.arrayValue ?? []
            let missing = found.filter { $0["kind"] == "missing_from" && $0["source"] == "reserves" }
            let borrowed = found.filter { $0["kind"] == "also_in" && $0["source"] == "interlibrary" }
            #expect(missing.count == Int(Library.reservesNotInMain))
            #expect(borrowed.count == Int(Library.interlibraryAlsoInMain))
            #expect(missing.count + borrowed.count == found.count)
            #expect(result["reconciliation"]?["sources"]?["main"]?["keys"] == .int(Library.main))
            #expect(result["verdict"] == "ok")
        }
    }

    @Test func saysOfEachBookWhatTheSystemKnows() async throws {
        let library = try await Library.open()
        try await withDaemon { daemon in
            let system: JSONValue = [
                "host": "127.0.0.1", "port": .int(try library.port(of: .sip2)), "institution": "MAIN", "rate": 1000,
            ]
            let job: JSONValue = [
                "verify": ["scanned": .string(library.directory + "/barcodes"), "sip2": system], "timeout": "2m",
            ]
            let statuses = try await daemon.run(job)["result"]?["statuses"]
            // Every book was scanned, and so stands on the shelf, whatever the system says.
            #expect(statuses?["ok_on_shelf"] == Library.statuses["available"])
            #expect(statuses?["on_shelf_but_checked_out"] == Library.statuses["charged"])
            #expect(statuses?["in_transit"] == Library.statuses["in_transit"])
            let gone = [Library.statuses["lost"], Library.statuses["missing"]].compactMap { $0?.intValue }
            #expect(statuses?["on_shelf_but_lost"] == .int(gone.reduce(0, +)))
        }
    }

    private static func job(_ library: Library) throws -> JSONValue {
        func named(_ name: String, _ source: JSONValue) -> JSONValue {
            var entry = source.objectValue ?? [:]
            entry["name"] = .string(name)
            return .object(entry)
        }
        let sources = [
            named("main", try library.sru(.main, "/main")), named("reserves", try library.oai(.oai, "/msu")),
            named("interlibrary", try library.sru(.interlibrary, "/interlibrary")),
        ]
        let rules: JSONValue = [
            ["source": "reserves", "within": "main"], ["source": "interlibrary", "apart_from": "main"],
        ]
        return [
            "inventory": [
                "sources": .array(sources), "reconcile": ["by": "control_number", "expect": rules],
            ]
        ]
    }
}
