import Model
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckOAITests {
    private static func response(_ content: String) -> String {
        "<?xml version=\"1.0\"?><OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><responseDate>x</responseDate>"
            + "\(content)</OAI-PMH>"
    }

    /// A page with the records `identifiers`, of which those after a `-` are deleted.
    private static func page(_ identifiers: [String], _ token: String? = nil, size: Int? = nil) -> String {
        let headers = identifiers.map { text in
            let status = text.hasPrefix("-") ? " status=\"deleted\"" : ""
            let name = text.hasPrefix("-") ? text.dropFirst() : text[...]
            return "<header\(status)><identifier>\(name)</identifier><datestamp>d</datestamp></header>"
        }
        let attribute = size.map { " cursor=\"0\" completeListSize=\"\($0)\"" } ?? ""
        let last = token.map { "<resumptionToken\(attribute)>\($0)</resumptionToken>" } ?? ""
        return response("<ListIdentifiers>\(headers.joined())\(last)</ListIdentifiers>")
    }

    private static func error(_ code: String) -> String { response("<error code=\"\(code)\">Sorry</error>") }

    private func oai(_ url: String, _ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["url": .string(url + "/oai"), "retries": 0]
        body.merge(more)
        return ["oai": .object(body)]
    }

    private func report(_ pages: [String], _ more: JSONObject = [:]) async throws -> RunReport {
        var report: RunReport?
        try await withWeb({ _, number in .ok(pages[min(number, pages.count - 1)]) }) { url, _ in
            report = try await checkWeb(oai(url, more))
        }
        return try #require(report)
    }

    @Test func theSizeThatIsToldIsAnEstimate() async throws {
        try await withWeb({ _, _ in .ok(Self.page(["a", "b"], "t", size: 89)) }) { url, requests in
            let report = try await checkWeb(oai(url, ["set": "a b", "from": "2020-01-01"]))
            #expect(report.outcome == .succeeded(["main": 89]))
            #expect(report.detail?["method"] == "oai")
            #expect(report.detail?["mode"] == "size")
            #expect(report.detail?["exact"] == false)
            #expect(report.detail?["inconsistent"] == nil)
            #expect(
                requests.targets == ["/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&set=a%20b&from=2020-01-01"])
        }
    }

    @Test func twoWaysToWriteALetterAreTwoIdentifiers() async throws {
        let report = try await report([Self.page(["oai:a:\u{E9}", "oai:a:e\u{301}"])])
        #expect(report.count == 2, "\(report.message)")
    }

    @Test func walksAListWithoutASize() async throws {
        let pages = [Self.page(["a", "-b"], "x=1%3D&amp;y"), Self.page(["c"], "z"), Self.page(["-d", "e"], "")]
        try await withWeb({ _, number in .ok(pages[number]) }) { url, requests in
            let report = try await checkWeb(oai(url, ["prefix": "marcxml"]))
            #expect(report.count == 3, "\(report.message)")
            #expect(report.detail?["exact"] == true)
            #expect(report.detail?["mode"] == "walk")
            #expect(report.detail?["live"] == 3)
            #expect(report.detail?["deleted"] == 2)
            #expect(report.detail?["pages"] == 3)
            #expect(requests.targets.first == "/oai?verb=ListIdentifiers&metadataPrefix=marcxml")
            #expect(requests.targets.dropFirst().first == "/oai?verb=ListIdentifiers&resumptionToken=x%3D1%253D%26y")
        }
    }

    @Test func aTokenThatNoServerWouldTakeIsRefused() async throws {
        let longest = String(repeating: "t", count: 8 << 10)
        let report = try await report([Self.page(["a"], longest), Self.page(["b"])])
        #expect(report.count == 2, "\(report.message)")
        let refused = try await self.report([Self.page(["a"], longest + "t"), Self.page(["b"])])
        #expect(refused.code == "too_large", "\(refused.outcome)")
        #expect(refused.message.contains("resumptionToken"))
    }

    @Test func aListOfOnePageIsCounted() async throws {
        let report = try await report([Self.page(["a", "b", "-c"])])
        #expect(report.count == 2)
        #expect(report.detail?["exact"] == true)
    }

    @Test func walksWhereTheSizeWouldCountDeletedRecords() async throws {
        let report = try await report([Self.page(["a", "-b"], "t", size: 4), Self.page(["c", "-d"], "", size: 4)])
        #expect(report.count == 2)
        #expect(report.detail?["deleted"] == 2)
    }

    @Test(arguments: ["3", "0", "-1", "25"])
    func walksWhereTheSizeIsNoMoreThanThePage(_ size: String) async throws {
        let identifiers = (1...50).map { "id\($0)" }
        let first = Self.page(Array(identifiers.prefix(25)), "t", size: Int(size))
        try await withWeb({ _, number in
            .ok(number == 0 ? first : Self.page(Array(identifiers.suffix(25)), "", size: 50))
        }) { url, _ in
            let report = try await checkWeb(oai(url))
            #expect(report.count == 50, "\(report.message)")
            #expect(report.detail?["mode"] == "walk")
        }
        let alone = try await report([first, Self.page(Array(identifiers.suffix(25)))])
        #expect(alone.code == (size == "-1" ? nil : "inconsistent"), "\(alone.outcome)")
        let told = try await report([first], ["mode": "size"])
        #expect(size == "25" ? told.detail?["inconsistent"] == true : told.code == "inconsistent", "\(told.outcome)")
    }

    @Test func noRecordsIsANumber() async throws {
        let report = try await report([Self.error("noRecordsMatch")])
        #expect(report.count == 0)
        let listed = try await self.report([Self.response("<ListIdentifiers/><error code=\"noRecordsMatch\"/>")])
        #expect(listed.count == 0)
    }

    @Test(arguments: [
        (
            "<error code=\"noRecordsMatch\"/><ListIdentifiers><header><identifier>a</identifier></header>"
                + "</ListIdentifiers>",
            "inconsistent"
        ),
        (
            "<ListIdentifiers><resumptionToken>t</resumptionToken></ListIdentifiers><error code=\"noRecordsMatch\"/>",
            "inconsistent"
        ),
        ("<error code=\"noRecordsMatch\"/><error code=\"badArgument\">Sorry</error>", "config"),
        ("<ListIdentifiers><error code=\"badArgument\">Sorry</error></ListIdentifiers>", "config"),
        (
            "<ListIdentifiers><header><identifier>a</identifier></header><resumptionToken>t<b/></resumptionToken>"
                + "</ListIdentifiers>", "unexpected_document"
        ),
    ])
    func noRecordsBesideSomethingElseIsNoNumber(_ content: String, _ code: String) async throws {
        let report = try await report([Self.response(content)])
        #expect(report.code == code, "\(report.outcome)")
    }

    @Test(
        arguments: [
            ("badArgument", "config", false), ("badVerb", "config", false),
            ("cannotDisseminateFormat", "config", false),
            ("noSetHierarchy", "config", false), ("badResumptionToken", "diagnostic", true),
            ("other", "diagnostic", false),
        ] as [(String, String, Bool)])
    func aComplaintIsNoCount(_ name: String, _ code: String, _ isRetryable: Bool) async throws {
        let report = try await report([Self.error(name)])
        #expect(report.code == code)
        #expect(report.message.contains("\(name): Sorry"))
        #expect(report.outcome.exception?.details["diagnostic"] == .string(name))
        #expect(report.outcome.exception?.details["retryable"] == .bool(isRetryable))
    }

    @Test(arguments: [
        // The same token again and again.
        [page(["a"], "t"), page(["b"], "t"), page(["c"], "t")],
        // Fresh tokens and nothing new.
        [page(["a"], "0"), page(["a"], "1"), page(["a"], "2")],
        // It starts again at the end.
        [page(["a", "b"], "1"), page(["c", "d"], "0"), page(["a", "b"], "1")],
        // One identifier many times on a page.
        [page(["a", "a", "a"])],
        // Fewer than it says, as when a token is lost.
        [page(["a", "b"], "t", size: 9), page(["c"], "", size: 9)],
        [page(["a", "b"], "t", size: 9), page(["c"])],
        // More than it says.
        [page(["a", "b"], "t", size: 2), page(["c"], "", size: 2)],
        // An end that is no page.
        [page(["a"], "t"), error("noRecordsMatch")],
    ])
    func aListThatContradictsItselfIsNoCount(_ pages: [String]) async throws {
        let report = try await report(pages, ["mode": "walk"])
        #expect(report.code == "inconsistent", "\(report.outcome)")
    }

    @Test(arguments: [true, false])
    func stopsAtTheFirstSignOfACircle(hasFreshTokens: Bool) async throws {
        try await withWeb({ _, number in
            .ok(hasFreshTokens ? Self.page(["a"], "t\(number)") : Self.page(["id\(number)"], "t"))
        }) { url, requests in
            let report = try await checkWeb(oai(url))
            #expect(report.code == "inconsistent")
            #expect(requests.heads.count == 2)
        }
    }

    @Test func aCircleAfterTheWholeListIsNoHarm() async throws {
        let pages = [
            Self.page(["a", "b"], "1", size: 3), Self.page(["c"], "0", size: 3), Self.page(["a", "b"], "1", size: 3),
        ]
        let report = try await report(pages, ["mode": "walk"])
        #expect(report.count == 3, "\(report.message)")
        #expect(report.detail?["exact"] == false)
    }

    @Test func repeatedIdentifiersBesideASizeAreTold() async throws {
        let report = try await report([Self.page(["a", "a", "a"], "t", size: 89)])
        #expect(report.count == 89)
        #expect(report.detail?["inconsistent"] == true)
    }

    @Test func modeSizeWantsASize() async throws {
        let without = try await report([Self.page(["a"], "t")], ["mode": "size"])
        #expect(without.code == "no_count")
        #expect(without.message.contains("mode: walk"))
        let whole = try await report([Self.page(["a"])], ["mode": "size"])
        #expect(whole.count == 1)
    }

    @Test func walksNoFurtherThanItMay() async throws {
        try await withWeb({ _, number in .ok(Self.page(["id\(number)"], "t\(number)")) }) { url, requests in
            let report = try await checkWeb(oai(url, ["max_pages": 5]))
            #expect(report.code == "too_large")
            #expect(report.message.contains("max_pages"))
            #expect(requests.heads.count == 5)
        }
    }

    @Test(arguments: [
        (response("<Identify><baseURL>x</baseURL></Identify>"), "unexpected_document"),
        (response(""), "unexpected_document"),
        ("<html></html>", "unexpected_document"), ("<!DOCTYPE html>", "not_xml"),
        (String(page(["a", "b"]).dropLast(40)), "inconsistent"),
        (response("<ListIdentifiers><header></header></ListIdentifiers>"), "unexpected_document"),
    ])
    func anotherDocumentIsNoList(_ body: String, _ code: String) async throws {
        let report = try await report([body])
        #expect(report.code == code, "\(report.message)")
    }

    @Test func aPageThatFailsFailsTheWalk() async throws {
        try await withWeb({ _, number in number == 0 ? .ok(Self.page(["a"], "t")) : .status(404) }) { url, _ in
            let report = try await checkWeb(oai(url))
            #expect(report.code == "http")
        }
    }
}
