import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckJSONTests {
    @Test func whatAServerWroteIsCutHoweverItsCharactersAreComposed() async throws {
        let long = "a" + String(repeating: "\u{301}", count: 1_000_000)
        for answer in [#"{"total": "\#(long)"}"#, #"{"error": "\#(long)"}"#] {
            try await withWeb({ _, _ in .ok(answer) }) { url, _ in
                let source: JSONObject = ["url": .string(url), "preset": "calibre"]
                let other: JSONObject = ["url": .string(url), "count": "/total"]
                let report = try await checkWeb(["json": .object(answer.contains("error") ? source : other)])
                #expect(report.code == (answer.contains("error") ? "diagnostic" : "no_count"))
                #expect(report.message.utf8.count < 1000)
            }
        }
    }

    @Test func aNumberThatIsTooLargeIsNoFraction() async throws {
        for number in ["99999999999999999999", "-99999999999999999999", "1e30"] {
            try await withWeb({ _, _ in .ok(#"{"total": \#(number)}"#) }) { url, _ in
                let report = try await checkWeb(["json": ["url": .string(url), "count": "/total"]])
                #expect(report.code == "no_count")
                #expect(report.message.contains("too large"), "\(report.message)")
            }
        }
    }

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
        for type in ["text/html", "application/xhtml+xml"] {
            for count in ["/total", "header:X-Total-Count"] {
                let report = try await report(
                    #"{"total": 5}"#, type: type, headers: "X-Total-Count: 5\r\n", count: count)
                #expect(report.code == "not_json")
                #expect(report.message.contains("web page"))
            }
        }
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

    private func report(_ body: String, preset: String) async throws -> RunReport {
        var report: RunReport?
        try await withWeb({ _, _ in .ok(body, type: "application/json", headers: "X-Total-Count: 5\r\n") }) { url, _ in
            let source: JSONObject = ["url": .string(url + "/x"), "preset": .string(preset), "retries": 0]
            report = try await checkWeb(["json": .object(source)])
        }
        return try #require(report)
    }

    @Test(arguments: [
        ("vufind", #"{"status": "ERROR", "statusMessage": "no index", "resultCount": 0}"#, "no index"),
        ("vufind", #"{"resultCount": 5}"#, "status"),
        (
            "alma",
            #"{"errorsExist": true, "errorList": {"error": [{"errorMessage": "no key"}]}, "total_record_count": 5}"#,
            "no key"
        ),
        ("alma", #"{"errorsExist": true, "total_record_count": 5}"#, "errorsExist"),
        ("folio", #"{"errors": [{"message": "no tenant", "code": "x"}], "totalRecords": 5}"#, "no tenant"),
        ("koha", #"{"error": "Something went wrong", "error_code": "internal_server_error"}"#, "went wrong"),
        ("koha", #"{"errors": [{"message": "Bad q", "path": "/q"}]}"#, "Bad q"),
        ("solr", #"{"error": {"msg": "no core", "code": 400}, "response": {"numFound": 5}}"#, "no core"),
        ("solr", #"{"responseHeader": {"status": 500}, "response": {"numFound": 5}}"#, "status"),
        ("solr", #"{"responseHeader": {"status": 0, "partialResults": true}, "response": {"numFound": 5}}"#, "partial"),
        ("solr", #"{"responseHeader": {"partialResults": "omitted"}, "response": {"numFound": 5}}"#, "partial"),
    ])
    func aPresetKnowsHowAServerFailsWithAStatusOfSuccess(
        _ preset: String, _ body: String, _ words: String
    ) async throws {
        let report = try await report(body, preset: preset)
        #expect(report.code == "diagnostic", "\(report.outcome)")
        #expect(report.message.contains(words), "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == .bool(words == "partial"))
    }

    @Test(arguments: [
        ("alma", #"{"errorsExist": false, "errorList": null, "total_record_count": 5}"#, true),
        ("folio", #"{"errors": [], "totalRecords": 5}"#, true), ("koha", "[]", true),
        ("solr", #"{"responseHeader": {"status": 0, "partialResults": false}, "response": {"numFound": 5}}"#, true),
        ("solr", #"{"response": {"numFound": 5, "numFoundExact": true}}"#, true),
        ("solr", #"{"response": {"numFound": 5, "numFoundExact": false}}"#, false),
    ])
    func aPresetKnowsWhatIsNoFailure(_ preset: String, _ body: String, _ isExact: Bool) async throws {
        let report = try await report(body, preset: preset)
        #expect(report.count == 5, "\(report.outcome)")
        #expect(report.detail?["exact"] == .bool(isExact))
    }

    @Test(arguments: [(#"{"total": 5}"#, "unexpected_document"), ("", "not_json"), ("[{", "not_json")])
    func kohaAnswersWithAListBesideItsHeader(_ body: String, _ code: String) async throws {
        #expect(try await report(body, preset: "koha").code == code)
    }
}
