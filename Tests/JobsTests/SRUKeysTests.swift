import Model
import Testing

@testable import Jobs

/// The keys of what a catalogue finds, fetched page by page from servers with their own ideas of a page.
@Suite(.timeLimit(.minutes(1)))
struct SRUKeysTests {
    /// A catalogue of so many records, whose numbers are 1000 and up, that never sends more than `limit` at once.
    private struct Catalogue: Sendable {
        var count = 25
        var limit = 10
        /// Sends pages as if it were asked for the first one.
        var isStuck = false
        /// Sends nothing from here on.
        var end = Int.max
        /// How many it says it has, after so many records were asked for.
        var told: @Sendable (_ start: Int, _ count: Int) -> Int = { $1 }
        /// Sends so many records, whatever it has and is asked for.
        var excess: Int?
        /// Says beside the number.
        var remark = ""
        var record: @Sendable (Int) -> String = { number in
            """
            <marc:record xmlns:marc="http://www.loc.gov/MARC21/slim"><marc:leader>00000nam</marc:leader>\
            <marc:controlfield tag="001">  \(1000 + number) </marc:controlfield>\
            <marc:datafield tag="020"><marc:subfield code="a">bad</marc:subfield></marc:datafield></marc:record>
            """
        }

        func answer(_ head: String) -> CannedReply {
            let target = head.split(separator: " ").dropFirst().first ?? ""
            let parameters = target.split(separator: "?").last?.split(separator: "&") ?? []
            func number(_ name: String) -> Int {
                parameters.first { $0.hasPrefix(name + "=") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 1
            }
            let start = isStuck ? 1 : number("startRecord")
            let wanted = min(number("maximumRecords"), limit)
            let all = start..<start + (wanted == 0 ? 0 : excess ?? wanted)
            let told = wanted == 0 ? count : told(start, count)
            let records = all.filter { ($0 <= count || excess != nil) && $0 < end }.map { number in
                "<record><recordPacking>xml</recordPacking><recordData>\(record(number))</recordData></record>"
            }
            return .ok(
                """
                <searchRetrieveResponse><version>1.1</version><numberOfRecords>\(told)</numberOfRecords>\(remark)\
                <records>\(records.joined())</records><echoedSearchRetrieveRequest><startRecord>\(start)</startRecord>\
                </echoedSearchRetrieveRequest></searchRetrieveResponse>
                """)
        }
    }

    private func run(
        _ catalogue: Catalogue, _ more: JSONObject = [:], by kind: KeyKind = .controlNumber,
        _ test: (RunReport, CheckDirectory, [String]) throws -> Void
    ) async throws {
        try await withWeb({ head, _ in catalogue.answer(head) }) { url, requests in
            try await withCheckDirectory { directory in
                var source: JSONObject = ["url": .string(url), "retries": 0]
                source.merge(more)
                let report = try await checkKeys(
                    ["sru": .object(source)], by: kind, in: directory, clock: SleepClock())
                try test(report, directory, requests.targets)
            }
        }
    }

    @Test func fetchesAllPagesOfAServerThatSendsLessThanItIsAskedFor() async throws {
        try await run(Catalogue()) { report, directory, targets in
            #expect(report.count == 25, "\(report.message)")
            #expect(report.keys?["keys"] == 25, "\(report.keys?.text() ?? "")")
            let kept = try directory.keptKeys().map(\.key)
            #expect(kept == (1001...1025).map(String.init))
            let pages = targets.dropFirst()
            #expect(pages.count == 3)
            #expect(pages.map { $0.split(separator: "&").contains("startRecord=11") } == [false, true, false])
            #expect(
                pages.last?.hasSuffix("maximumRecords=5&startRecord=21&recordSchema=marcxml&recordPacking=xml") == true)
        }
        try await run(Catalogue(), ["version": "2.0"]) { _, _, targets in
            #expect(targets.last?.hasSuffix("&recordXMLEscaping=xml") == true)
        }
    }

    @Test func asksForFewerRecordsWhereAnAnswerWouldBeTooLong() async throws {
        try await run(Catalogue(limit: 1000), ["max_body": 3000]) { report, directory, targets in
            #expect(report.keys?["keys"] == 25, "\(report.keys?.text() ?? "")")
            #expect(targets.dropFirst().allSatisfy { $0.contains("&maximumRecords=1&") })
        }
        // 8 KiB are thought to be enough for a record, and these have 20.
        let large = Catalogue(
            limit: 1000,
            record: { number in
                let padding = String(repeating: "x", count: 20_000)
                return "<record><controlfield tag=\"001\">\(number)</controlfield><leader>\(padding)</leader></record>"
            })
        try await run(large, ["max_body": .int(24 * 8192)]) { report, _, targets in
            #expect(report.keys?["keys"] == 25, "\(report.keys?.text() ?? "")")
            let sizes = targets.dropFirst().map { target in
                target.split(separator: "&").first { $0.hasPrefix("maximumRecords=") }?.dropFirst(15) ?? ""
            }
            #expect(sizes == ["24", "12", "6", "6", "6", "6", "1"])
        }
    }

    @Test func aRecordThatNoAnswerCanHoldIsTooLong() async throws {
        let large = Catalogue(count: 1, record: { _ in "<record>\(String(repeating: "x", count: 9000))</record>" })
        try await run(large, ["max_body": 8192]) { report, _, _ in
            #expect(report.count == 1)
            #expect(report.keys?["exception"]?["code"] == "too_large")
        }
    }

    @Test func keysThatLackSomeAreNone() async throws {
        for catalogue in [Catalogue(isStuck: true), Catalogue(end: 11)] {
            try await run(catalogue) { report, _, targets in
                #expect(report.count == 25)
                #expect(report.keys?["keys"] == nil)
                #expect(report.keys?["exception"]?["code"] == "inconsistent", "\(report.keys?.text() ?? "")")
                #expect(targets.count == 3)
            }
        }
    }

    @Test func keysThatDoNotAgreeWithTheCountAreNone() async throws {
        let catalogues = [
            Catalogue(told: { _, _ in 10 }), Catalogue(told: { _, _ in 0 }), Catalogue(told: { _, _ in -1 }),
            // One that grows with every page would never end.
            Catalogue(told: { start, count in count + start - 1 }), Catalogue(told: { start, _ in start + 50 }),
            Catalogue(excess: 100), Catalogue(count: 15, limit: 10, excess: 10),
            Catalogue(remark: "<resultCountPrecision>minimum</resultCountPrecision>"),
        ]
        for catalogue in catalogues {
            try await run(catalogue) { report, _, targets in
                #expect(report.count == Int64(catalogue.count))
                #expect(report.keys?["exception"]?["code"] == "inconsistent", "\(report.keys?.text() ?? "")")
                #expect(targets.count <= 3)
            }
        }
    }

    @Test func recordsInAnotherFormAreNone() async throws {
        let surrogate = "<diagnostic><uri>info:srw/diagnostic/1/64</uri><message>No access</message></diagnostic>"
        let record = Catalogue().record(1)
        let catalogues: [(catalogue: Catalogue, code: String)] = [
            (Catalogue(record: { "<dc><title>\($0)</title></dc>" }), "unexpected_document"),
            (Catalogue(record: { $0 == 1 ? record : surrogate }), "diagnostic"),
            (Catalogue(record: { $0 == 1 ? "<collection>\(record)\(record)</collection>" : surrogate }), "diagnostic"),
            (Catalogue(record: { $0 == 7 ? "" : record + "\($0)" }), "unexpected_document"),
        ]
        for (catalogue, code) in catalogues {
            try await run(catalogue) { report, _, _ in
                #expect(report.count == 25)
                #expect(report.keys?["exception"]?["code"] == .string(code), "\(report.keys?.text() ?? "")")
            }
        }
    }

    @Test func misprintsAreUnusable() async throws {
        try await run(Catalogue(), by: .isbn) { report, _, _ in
            #expect(report.keys?["keys"] == 0)
            #expect(report.keys?["unusable"] == 25)
        }
    }

    @Test func anEmptyCatalogueHasNoKeys() async throws {
        try await run(Catalogue(count: 0)) { report, _, targets in
            #expect(report.count == 0)
            #expect(report.keys?["keys"] == 0)
            #expect(targets.count == 1)
        }
    }

    @Test func aComplaintIsToldAsTheServerSaysIt() async throws {
        let diagnostic = """
            <searchRetrieveResponse><version>1.1</version><numberOfRecords>2</numberOfRecords><diagnostics><diagnostic>\
            <uri>info:srw/diagnostic/1/66</uri><message>Unknown schema</message></diagnostic></diagnostics>\
            </searchRetrieveResponse>
            """
        try await withWeb({ _, _ in .ok(diagnostic) }) { url, _ in
            try await withCheckDirectory { directory in
                let report = try await checkKeys(["sru": ["url": .string(url)]], in: directory, clock: SleepClock())
                #expect(report.count == 2)
                let message = report.keys?["exception"]?["message"]?.stringValue ?? ""
                #expect(message.contains("Unknown schema"), "\(message)")
            }
        }
    }
}
