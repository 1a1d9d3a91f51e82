import Model
import Testing

@testable import Jobs

/// Books verified by a server that answers in JSON.
@Suite(.timeLimit(.minutes(1)))
struct VerifyJSONTests {
    private func verify(
        _ scanned: String, _ more: JSONObject = [:], clock: any Clock<Duration> = ContinuousClock(),
        answer: @escaping @Sendable (String) -> CannedReply
    ) async throws -> (report: RunReport, rows: [String], targets: [String]) {
        var outcome: (RunReport, [String], [String])?
        try await withWeb({ head, _ in
            let target = head.split(separator: " ").dropFirst().first ?? ""
            return answer(String(target.split(separator: "=").last ?? ""))
        }) { url, requests in
            try await withCheckDirectory { directory in
                try directory.write("scanned.txt", scanned)
                var json: JSONObject = [
                    "url": .string(url + "/items?external_id={barcode}"), "status": "/0/status", "title": "/0/title",
                    "statuses": ["in": "on_shelf", "out": "on_loan", "null": "on_shelf", "7": "lost"], "retries": 0,
                    "rate": 1000, "timeout": "1h",
                ]
                json.merge(more)
                let handler = try VerifyHandler.verifying(
                    ["scanned": "scanned.txt", "json": .object(json)], in: directory)
                let report = await handler.run(.test(directory.path, clock: clock))
                let rows = report.outcome.result == nil ? [] : try directory.report()
                outcome = (report, rows, requests.targets)
            }
        }
        return try #require(outcome)
    }

    @Test func asksAServerThatAnswersInJSON() async throws {
        let (report, rows, targets) = try await verify("a b\n2\n3\n4\n5\n6\n7\n8\n") { barcode in
            switch barcode {
            case "a%20b": .ok(#"[{"status": "in", "title": "Emma"}]"#, type: "application/json")
            case "2": .ok(#"[{"status": "out"}]"#, type: "application/json")
            case "3": .ok("[]", type: "application/json")
            case "4": .status(404, "{}")
            case "5": .ok(#"[{"status": null}]"#, type: "application/json")
            case "6": .ok(#"[{"status": 7}]"#, type: "application/json")
            case "7": .ok(#"[{"status": "new word"}]"#, type: "application/json")
            default: .ok(#"[{"statuz": "in"}]"#, type: "application/json")
            }
        }
        #expect(
            rows == [
                "barcode,status,system_status,title,scanned_times", "a b,ok_on_shelf,in,Emma,1",
                "2,on_shelf_but_checked_out,out,,1", "3,unknown_barcode,,,1",
                "4,unknown_barcode,,,1", "5,ok_on_shelf,null,,1", "6,on_shelf_but_lost,7,,1",
                "7,unverifiable,new word,,1", "8,unverifiable,unexpected_document,,1",
            ], "\(report.message)")
        #expect(targets.first == "/items?external_id=a%20b")
    }

    /// A server that ignores what it was asked answers with all it has.
    @Test func theFirstOfSeveralIsNotTheBook() async throws {
        let (_, rows, _) = try await verify("1\n2\n") { barcode in
            let one = #"{"status": "in", "title": "Emma"}"#
            return .ok(barcode == "1" ? "[\(one), \(one)]" : "[\(one)]", type: "application/json")
        }
        #expect(rows.dropFirst() == ["1,unverifiable,inconsistent,,1", "2,ok_on_shelf,in,Emma,1"])
        let clock = SleepClock()
        let moving = skipRests(shorterThan: .seconds(60), on: clock)
        let (report, _, targets) = try await verify(
            (0..<50).map { "\($0)\n" }.joined(), ["status": "/items/0/status"], clock: clock
        ) { _ in .ok(#"{"items": [{"status": "in"}, {"status": "out"}, {"status": "in"}]}"#, type: "application/json") }
        moving.cancel()
        #expect(targets.count == 10)
        #expect(report.code == "inconsistent")
        #expect(report.message.contains("lists 3 items for one barcode"), "\(report.message)")
    }

    /// The report is read back by the line, and a character may be as long as a server likes.
    @Test func aTitleIsCutHoweverItsCharactersAreComposed() async throws {
        let title = "a" + String(repeating: "\u{301}", count: 100_000)
        let (report, rows, _) = try await verify("1\n") { _ in
            .ok(#"[{"status": "in", "title": "\#(title)"}]"#, type: "application/json")
        }
        #expect(report.outcome.result?["total"] == 1, "\(report.message.prefix(200))")
        #expect((rows.last?.utf8.count ?? 0) < 1000)
    }

    @Test(arguments: [(401, "auth"), (403, "auth")])
    func whoMayNotAskStopsAtOnce(_ status: Int, _ code: String) async throws {
        let (report, _, targets) = try await verify("1\n2\n") { _ in .status(status) }
        #expect(report.code == code)
        #expect(targets.count == 1)
    }

    @Test(arguments: [(200, "not_json"), (404, "http")])
    func aPageForPeopleIsNoAnswer(_ status: Int, _ code: String) async throws {
        let answer: @Sendable (String) -> CannedReply = { _ in
            .status(status, headers: "Content-Type: text/html; charset=utf-8\r\n", "<html></html>")
        }
        let (_, rows, _) = try await verify("1\n", answer: answer)
        #expect(rows.last == "1,unverifiable,\(code),,1")
        let clock = SleepClock()
        let moving = skipRests(shorterThan: .seconds(60), on: clock)
        let (report, _, targets) = try await verify(
            (0..<50).map { "\($0)\n" }.joined(), clock: clock, answer: answer)
        moving.cancel()
        #expect(report.code == code)
        #expect(targets.count == 10)
    }
}
