import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckSRUTests {
    private static let srw = "http://www.loc.gov/zing/srw/"

    private static func response(_ content: String, namespace: String = srw) -> String {
        "<?xml version=\"1.0\"?>\n<zs:searchRetrieveResponse xmlns:zs=\"\(namespace)\"><zs:version>1.1</zs:version>"
            + "\(content)</zs:searchRetrieveResponse>"
    }

    private static func diagnostic(_ number: Int, _ message: String, _ details: String = "") -> String {
        "<zs:diagnostics>\(complaint(number, message, details))</zs:diagnostics>"
    }

    private static func complaint(_ number: Int, _ message: String, _ details: String = "") -> String {
        "<d:diagnostic xmlns:d=\"\(srw)diagnostic/\"><d:uri>info:srw/diagnostic/1/\(number)</d:uri>"
            + "<d:details>\(details)</d:details><d:message>\(message)</d:message></d:diagnostic>"
    }

    private static func records(_ data: String...) -> String {
        let records = data.map { "<zs:record><zs:recordData>\($0)</zs:recordData></zs:record>" }
        return "<zs:records>\(records.joined())</zs:records>"
    }

    private static func number(_ text: String) -> String { "<zs:numberOfRecords>\(text)</zs:numberOfRecords>" }

    private func sru(_ url: String, _ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["url": .string(url), "retries": 0]
        body.merge(more)
        return ["sru": .object(body)]
    }

    private func report(_ answer: CannedReply) async throws -> RunReport {
        var report: RunReport?
        try await withWeb({ _, _ in answer }) { url, _ in
            report = try await checkWeb(sru(url + "/main"))
            #expect(report?.count != nil || report?.message.hasPrefix(url + "/main: ") == true)
        }
        return try #require(report)
    }

    @Test func asksForTheNumberAlone() async throws {
        try await withWeb({ _, _ in .ok(Self.response(Self.number("1247"))) }) { url, requests in
            let report = try await checkWeb(sru(url + "/main?x-key=1"))
            #expect(report.outcome == .succeeded(["main": 1247]))
            #expect(report.detail?["method"] == "sru")
            #expect(report.detail?["exact"] == true)
            let title = try await checkWeb(sru(url, ["query": "dc.title=\"a b\"", "version": "1.2"]))
            #expect(title.count == 1247)
            #expect(
                requests.targets == [
                    "/main?x-key=1&version=1.1&operation=searchRetrieve&query=cql.allRecords%3D1&maximumRecords=0",
                    "/?version=1.2&operation=searchRetrieve&query=dc.title%3D%22a%20b%22&maximumRecords=0",
                ])
        }
    }

    @Test(arguments: [
        ("exact", true), ("info:srw/vocabulary/resultCountPrecision/1/exact", true), ("estimate", false),
        ("info:srw/vocabulary/resultCountPrecision/1/estimate", false), ("unknown", false), ("minimum", false),
        ("inexact", false), ("info:srw/vocabulary/resultCountPrecision/1/inexact", false), ("", false),
    ])
    func version2SaysHowExactItIs(_ precision: String, _ isExact: Bool) async throws {
        let content = Self.number(" 7 ") + "<zs:resultCountPrecision>\(precision)</zs:resultCountPrecision>"
        let namespace = "http://docs.oasis-open.org/ns/search-ws/sruResponse"
        let report = try await report(.ok(Self.response(content, namespace: namespace)))
        #expect(report.count == 7)
        #expect(report.detail?["exact"] == .bool(isExact))
    }

    @Test(
        arguments: [
            (1, "diagnostic", true), (2, "diagnostic", true), (3, "auth", false), (4, "config", false),
            (5, "config", false), (7, "config", false), (10, "config", false), (15, "config", false),
            (16, "config", false), (48, "config", false), (53, "diagnostic", false), (235, "config", false),
        ] as [(Int, String, Bool)])
    func aDiagnosticIsNoCount(_ number: Int, _ code: String, _ isRetryable: Bool) async throws {
        for content in [
            Self.diagnostic(number, "Broken", "dc.x"), Self.number("0") + Self.diagnostic(number, "Broken", "dc.x"),
        ] {
            let report = try await report(.ok(Self.response(content)))
            #expect(report.code == code, "\(report.message)")
            #expect(report.message.contains("dc.x: Broken"))
            let details = try #require(report.outcome.exception?.details)
            #expect(details["diagnostic"] == .string("info:srw/diagnostic/1/\(number)"))
            #expect(details["retryable"] == .bool(isRetryable))
        }
    }

    @Test(arguments: [
        number("0") + complaint(2, "Down"), complaint(2, "Down") + number("0"),
        number("12") + complaint(2, "Down"),
        number("0") + "<zs:extraResponseData>\(complaint(2, "Down"))</zs:extraResponseData>",
        number("0") + "<zs:extraResponseData><x>\(diagnostic(2, "Down"))</x></zs:extraResponseData>",
        // A complaint is all that was found.
        number("1") + records(complaint(2, "Down")), number("0") + records(complaint(2, "Down")),
        number("2") + records(complaint(2, "Down"), complaint(2, "Down")),
        number("0") + "<diagnostic>Down</diagnostic>",
    ])
    func aDiagnosticCountsWhereverItStands(_ content: String) async throws {
        let report = try await report(.ok(Self.response(content)))
        #expect(report.code == "diagnostic", "\(report.outcome)")
        #expect(report.message.contains("reported: ") && report.message.contains("Down"), "\(report.message)")
    }

    @Test func aDiagnosticInsideAnotherIsItsURI() async throws {
        let content =
            "<zs:diagnostics><zs:diagnostic><d:diagnostic xmlns:d=\"\(Self.srw)diagnostic/\">info:srw/diagnostic/1/7"
            + "</d:diagnostic><d:message>Invalid Filter syntax</d:message><d:details>x</d:details></zs:diagnostic>"
            + "</zs:diagnostics>"
        let report = try await report(.ok(Self.response(content)))
        #expect(report.code == "config")
        #expect(report.message.contains("Invalid Filter syntax: x"), "\(report.message)")
        #expect(report.outcome.exception?.details["diagnostic"] == "info:srw/diagnostic/1/7")
    }

    @Test(arguments: [61, 66, 67])
    func aWarningBesideANumberIsNoFailure(_ number: Int) async throws {
        let report = try await report(.ok(Self.response(Self.number("12") + Self.diagnostic(number, "Position"))))
        #expect(report.count == 12)
        #expect(report.detail?["warnings"] == ["Position"])
        let alone = try await self.report(.ok(Self.response(Self.diagnostic(number, "Position"))))
        #expect(alone.code == "diagnostic")
    }

    @Test func asksForOneRecordWhereNoneIsTooFew() async throws {
        // The diagnostic of a record that cannot be shown does not concern the number.
        let record = Self.records(Self.complaint(2, "x"))
        try await withWeb({ head, _ in
            .ok(
                Self.response(
                    head.contains("maximumRecords=0 ")
                        ? Self.diagnostic(6, "maximumRecords") : Self.number("3") + record))
        }) { url, requests in
            let report = try await checkWeb(sru(url))
            #expect(report.count == 3, "\(report.message)")
            #expect(requests.heads.count == 2)
        }
    }

    @Test(arguments: [
        (number(""), "no_count"), (number("-1"), "no_count"), (number("+1"), "no_count"), (number("1.5"), "no_count"),
        (number("9223372036854775807"), "no_count"), (number("99999999999999999999"), "no_count"), ("", "no_count"),
        (number("many"), "no_count"), (number("<b>1</b>"), "no_count"), (number("12<b/>47"), "no_count"),
        (number("1") + number("2"), "inconsistent"),
        ("<zs:records><zs:record>\(number("5"))</zs:record></zs:records>", "no_count"),
    ])
    func whatIsNoNumberIsNoCount(_ content: String, _ code: String) async throws {
        let report = try await report(.ok(Self.response(content)))
        #expect(report.code == code, "\(report.message)")
    }

    @Test(arguments: [
        ("<zs:explainResponse xmlns:zs=\"x\"><zs:version>1.1</zs:version></zs:explainResponse>", "unexpected_document"),
        ("<html><body>1247</body></html>", "unexpected_document"), ("<!DOCTYPE html><html></html>", "not_xml"),
        ("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + response("&e;"), "not_xml"), ("", "not_xml"),
        ("{\"numberOfRecords\": 5}", "not_xml"), (response(number("5")) + "<a/>", "not_xml"),
        ("<numberOfRecords>5</numberOfRecords>", "unexpected_document"),
        (String(response(number("5")).dropLast(30)), "inconsistent"),
        (String(response(number("5")).dropLast()), "inconsistent"),
    ])
    func anotherDocumentIsNoAnswer(_ body: String, _ code: String) async throws {
        let report = try await report(.ok(body))
        #expect(report.code == code, "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == .bool(code == "inconsistent"))
    }

    @Test func aPageForPeopleIsNamedAsOne() async throws {
        for body in ["<!DOCTYPE html><html></html>", "<html><p>Please log in</html>", "Please log in"] {
            let report = try await report(.ok(body, type: "text/html; charset=utf-8"))
            #expect(report.code == "not_xml", "\(report.message)")
            #expect(report.message.contains("web page"))
        }
        let labelled = try await report(.ok(Self.response(Self.number("5")), type: "text/html"))
        #expect(labelled.count == 5)
    }

    @Test func anUnknownDatabaseIsAStatus() async throws {
        let report = try await report(.status(404, headers: "Content-Type: text/html\r\n", "<html></html>"))
        #expect(report.code == "http")
    }

    @Test func whatTheServerWritesIsShownEscaped() async throws {
        let report = try await report(
            .ok(Self.response(Self.diagnostic(10, "\u{9B}2J\u{202E}" + String(repeating: "x", count: 900)))))
        #expect(report.message.contains("\\u{9b}2J\\u{202e}"))
        #expect(report.message.count < 500)
    }
}
