import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckJSONTests {
    private func report(
        _ body: String, type: String = "application/json", headers: String = "", count: String
    ) async throws
        -> RunReport
    {
        var report: RunReport?
        try await withWeb({ _, _ in .ok(body, type: type, headers: headers) }) { url, _ in
            report = try await checkWeb(["json": ["url": .string(url), "count": .string(count), "retries": 0]])
        }
        return try #require(report)
    }

    @Test(
        arguments: [
            (#"{"hits": {"total": 34}}"#, "/hits/total", 34), (#"[{"n": "89"}]"#, "/0/n", 89), ("7", "", 7),
            (#"{"a/b": 0}"#, "/a~1b", 0),
        ] as [(String, String, Int64)])
    func findsTheNumberInTheBody(_ body: String, _ pointer: String, _ count: Int64) async throws {
        #expect(try await report(body, count: pointer).count == count)
        #expect(try await report(body, type: "text/plain", count: pointer).count == count)
    }

    @Test(arguments: [
        ("{}", "no_count"), (#"{"total": 1.5}"#, "no_count"), (#"{"total": 1e3}"#, "no_count"),
        (#"{"total": -1}"#, "no_count"), (#"{"total": true}"#, "no_count"), (#"{"total": null}"#, "no_count"),
        (#"{"total": "x"}"#, "no_count"), (#"{"total": ""}"#, "no_count"), (#"{"total": [1]}"#, "no_count"),
        (#"{"total": 9223372036854775807}"#, "no_count"), (#"{"total": 99999999999999999999}"#, "no_count"),
        (#"{"total": 5"#, "not_json"), ("", "not_json"), ("<html></html>", "not_json"),
        (#"{"total": 5} x"#, "not_json"),
        (String(repeating: "[", count: 100_000), "not_json"), (#"{"total": 1, "total": 2}"#, "not_json"),
    ])
    func whatIsNoNumberIsNoCount(_ body: String, _ code: String) async throws {
        let report = try await report(body, count: "/total")
        #expect(report.code == code, "\(report.message)")
        #expect(report.message.count < 500)
    }

    @Test func aPageForPeopleIsNoAnswer() async throws {
        let report = try await report("<html>log in</html>", type: "text/html", count: "/total")
        #expect(report.code == "not_json")
        #expect(report.message.contains("web page"))
    }

    @Test func findsTheNumberInAHeader() async throws {
        #expect(try await report("[]", headers: "X-Total-Count: 1247\r\n", count: "header:x-total-count").count == 1247)
        #expect(try await report("[]", count: "header:X-Total-Count").code == "no_count")
        let twice = "X-Total-Count: 1\r\nX-Total-Count: 2\r\n"
        #expect(try await report("[]", headers: twice, count: "header:X-Total-Count").code == "no_count")
        #expect(try await report("[]", headers: "X-N: 5, 6\r\n", count: "header:X-N").code == "no_count")
    }

    @Test(
        arguments: [
            ("koha", "", "/api/v1/biblios?_per_page=1"),
            ("koha", "/api/v1/items?q=x&_per_page=50", "/api/v1/items?q=x&_per_page=1"),
            ("folio", "/inventory/items?limit=9&query=a", "/inventory/items?query=a&limit=0"),
            ("alma", "/almaws/v1/users", "/almaws/v1/users?limit=1"), ("vufind", "/", "/api/v1/search?limit=0"),
            ("calibre", "", "/ajax/search?num=0"), ("invenio", "", "/api/records?size=1"),
            ("solr", "/solr/biblio/select?q=*:*&rows=9", "/solr/biblio/select?q=*:*&rows=0&wt=json"),
        ] as [(String, String, String)])
    func aPresetKnowsWhereTheNumberStands(_ preset: String, _ path: String, _ target: String) async throws {
        let bodies = [
            "koha": "[{}]", "folio": #"{"items": [], "totalRecords": 12}"#, "alma": #"{"total_record_count": 12}"#,
            "vufind": #"{"resultCount": 12, "status": "OK"}"#, "calibre": #"{"total_num": 12, "num": 0}"#,
            "invenio": #"{"hits": {"hits": [], "total": 12}}"#,
            "solr": #"{"response": {"numFound": 12, "start": 0, "docs": []}}"#,
        ]
        let body = try #require(bodies[preset])
        let header = preset == "koha" ? "X-Total-Count: 12\r\n" : ""
        try await withWeb({ _, _ in .ok(body, type: "application/json", headers: header) }) { url, requests in
            let report = try await checkWeb(["json": ["url": .string(url + path), "preset": .string(preset)]])
            #expect(report.count == 12, "\(report.message)")
            #expect(report.detail?["preset"] == .string(preset))
            #expect(requests.targets == [target])
        }
    }

    @Test func vufindFailsWithAStatusOfSuccess() async throws {
        let body = #"{"status": "ERROR", "statusMessage": "no index", "resultCount": 0}"#
        try await withWeb({ _, _ in .ok(body, type: "application/json") }) { url, _ in
            let report = try await checkWeb(["json": ["url": .string(url), "preset": "vufind"]])
            #expect(report.code == "diagnostic")
            #expect(report.message.contains("no index"))
        }
    }
}
