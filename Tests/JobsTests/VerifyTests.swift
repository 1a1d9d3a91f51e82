import FoundationEssentials
import Model
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct VerifyTests {
    private static let header = "barcode,status,system_status,title,scanned_times"

    private func handler(port: Int, in directory: CheckDirectory, _ more: JSONObject = [:]) throws -> VerifyHandler {
        let sip2: JSONValue = [
            "host": "127.0.0.1", "port": .int(Int64(port)), "error_detection": false, "rate": 1000, "timeout": "1h",
        ]
        var body: JSONObject = ["scanned": "scanned.txt", "sip2": sip2]
        body.merge(more)
        return try handler(.object(body), in: directory)
    }

    private func handler(_ body: JSONValue, in directory: CheckDirectory) throws -> VerifyHandler {
        guard case .verify(let job) = try Job(json: ["verify": body]).action else { throw TestFailure("no verify job") }
        return VerifyHandler(job, state: directory.path)
    }

    private func report(in directory: CheckDirectory) throws -> [String] {
        let data = FileManager.default.contents(atPath: directory.attempt.stdout) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        try #require(text.hasSuffix("\n"))
        return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func count(_ status: VerifyStatus, _ report: RunReport) -> JSONValue? {
        report.outcome.result?["statuses"]?[status.rawValue]
    }

    @Test func tellsOfEachBookWhatIsTheCaseWithIt() async throws {
        let server = BookServer([
            "shelf": ("03", "Emma"), "loan": ("04", "Persuasion, 2"), "lost": ("12", "=cmd()"),
            "gone": ("13", "Sanditon"),
            "way": ("10", "Lady Susan"), "out": ("04", "Evelina"), "idle": ("03", "Cecilia"),
            "twice": ("03", "Camilla"),
            "odd": ("01", "The\u{1B}[31m Wanderer"), "back": ("11", "Belinda"), "late": ("09", "Ennui"),
        ])
        try await withCheckDirectory { directory in
            try directory.write(
                "scanned.txt", "shelf\r\nloan\ntwice\nlost\nway\ntwice\nodd\n999\nback\nlate\n")
            try directory.write("shelf.txt", "out\nidle\nshelf\ngone\n998\n")
            let told = Mutex<[Progress]>([])
            let report = try await server.serve { port in
                try await handler(port: port, in: directory, ["expected": "shelf.txt"]).run(
                    .test(directory.path) { progress in told.withLock { $0.append(progress) } })
            }
            #expect(
                try self.report(in: directory) == [
                    Self.header, "out,ok_checked_out,charged,Evelina,0", "idle,not_scanned,available,Cecilia,0",
                    "shelf,ok_on_shelf,available,Emma,1", "gone,missing,missing,Sanditon,0", "998,unknown_barcode,,,0",
                    "loan,on_shelf_but_checked_out,charged,\"Persuasion, 2\",1",
                    "twice,scanned_twice,available,Camilla,2", "lost,on_shelf_but_lost,lost,\"'=cmd()\",1",
                    "way,in_transit,in_transit,Lady Susan,1", "odd,unverifiable,other,The [31m Wanderer,1",
                    "999,unknown_barcode,,,1", "back,on_shelf_but_lost,claimed_returned,Belinda,1",
                    "late,in_transit,to_be_reshelved,Ennui,1",
                ])
            let result = try #require(report.outcome.result)
            #expect(result["total"] == 13)
            #expect(
                result["statuses"]?.text()
                    == #"{"ok_on_shelf":1,"ok_checked_out":1,"missing":1,"on_shelf_but_checked_out":1,"#
                    + #""on_shelf_but_lost":2,"in_transit":2,"unknown_barcode":2,"scanned_twice":1,"not_scanned":1,"#
                    + #""unverifiable":1}"#)
            #expect(result["is_complete"] == true)
            #expect(result["problems"]?.arrayValue?.count == 11)
            #expect(
                result["problems"]?.arrayValue?.first
                    == ["barcode": "idle", "status": "not_scanned", "system_status": "available", "title": "Cecilia"])
            #expect(result["problems"]?.arrayValue?[2]["title"] == .null)
            let progress = told.withLock(\.self)
            #expect(progress.map(\.message) == (0...13).map { "\($0)/13" })
            #expect(progress.last?.fraction == 1)
            #expect(Set(server.messages.map { String($0.prefix(2)) }) == ["99", "17"])
        }
    }

    @Test func theFirstThousandProblemsAreInTheResult() async throws {
        let server = BookServer([:])
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", (0..<1002).map { "\($0)\n" }.joined())
            let report = try await server.serve { port in
                let clock = SleepClock()
                let moving = skipRests(shorterThan: .seconds(1), on: clock)
                defer { moving.cancel() }
                return try await handler(port: port, in: directory).run(.test(directory.path, clock: clock))
            }
            #expect(count(.unknownBarcode, report) == 1002)
            #expect(report.outcome.result?["problems"]?.arrayValue?.count == 1000)
            #expect(report.outcome.result?["is_complete"] == false)
            #expect(try self.report(in: directory).count == 1003)
        }
    }

    /// What a daemon that was killed can leave behind it in the report: text, and how many books it is done with.
    private static let left: [(text: String, done: Int)] = [
        ("", 0), ("barcode,stat", 0), (header + "\n", 0), (header + "\n0,unknown_bar", 0),
        (header + "\n0,unknown_barcode,,,1\n1,unknown_barcode,,,1\n", 2),
        (header + "\n0,unknown_barcode,,,1\n1,unknown_barcode,,,1", 1),
        (header + "\n0,unknown_barcode,,,1\n\0\0\0\0\n2,unknown_barcode,,,1\n", 1),
        (header + "\n1,unknown_barcode,,,1\n", 0),
        (header + "\n" + (0..<5).map { "\($0),unknown_barcode,,,1\n" }.joined(), 5),
        (header + "\n" + (0..<7).map { "\($0),unknown_barcode,,,1\n" }.joined(), 5),
    ]

    @Test(arguments: left)
    func goesOnWhereAnEarlierDaemonHasStopped(_ left: String, _ done: Int) async throws {
        let server = BookServer([:])
        try await withCheckDirectory { directory in
            // The list is the one it began with, whatever was scanned since.
            try directory.write("scanned.txt", "0\n1\n2\n3\n4\nlater\n")
            try FileManager.default.createDirectory(
                atPath: directory.attempt.path, withIntermediateDirectories: true)
            try directory.write("tasks/7/items", (0..<5).map { "1 \($0)\n" }.joined())
            try directory.write("tasks/7/stdout", left)
            let report = try await server.serve { port in
                try #require(await handler(port: port, in: directory).resume(.test(directory.path)))
            }
            #expect(server.asked == (done..<5).map(String.init))
            #expect(
                try self.report(in: directory) == [Self.header] + (0..<5).map { "\($0),unknown_barcode,,,1" })
            #expect(report.outcome.result?["total"] == 5, "\(report.message)")
        }
    }

    @Test func beginsAnewWhereNothingWasAskedYet() async throws {
        let server = BookServer([:])
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "0\n")
            for files in [[], ["tasks/7/stdout", "tasks/7/items.new"]] {
                try FileManager.default.createDirectory(
                    atPath: directory.attempt.path, withIntermediateDirectories: true)
                for file in files { try directory.write(file, "half of some") }
                let report = try await server.serve { port in
                    try #require(await handler(port: port, in: directory).resume(.test(directory.path)))
                }
                #expect(report.outcome.result?["total"] == 1, "\(report.message)")
                try FileManager.default.removeItem(atPath: directory.file("tasks"))
            }
        }
    }

    @Test func aDamagedListIsNotGuessed() async throws {
        try await withCheckDirectory { directory in
            try FileManager.default.createDirectory(
                atPath: directory.attempt.path, withIntermediateDirectories: true)
            try directory.write("tasks/7/items", "1 a\n1")
            let report = try #require(await handler(port: 1, in: directory).resume(.test(directory.path)))
            #expect(report.outcome.exception?.type == "InternalError")
            #expect(report.message.contains("damaged after byte 4"))
        }
    }

    @Test func aSystemThatHangsUpIsAskedAgain() async throws {
        let server = BookServer(["a": ("03", "A"), "b": ("03", "B")]) { _, number, usual in number == 1 ? nil : usual }
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "a\nb\n")
            let report = try await server.serve { port in
                try await handler(port: port, in: directory).run(.test(directory.path))
            }
            #expect(count(.okOnShelf, report) == 2, "\(report.message)")
            #expect(server.asked == ["a", "b", "b"])
        }
    }

    @Test func aBookWithoutAnAnswerIsUnverifiable() async throws {
        let server = BookServer(["a": ("03", "A"), "c": ("03", "C")]) { barcode, _, usual in
            barcode == "b" ? "no answer" : usual
        }
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "a\nb\nc\n")
            let report = try await server.serve { port in
                try await handler(port: port, in: directory).run(.test(directory.path))
            }
            #expect(count(.okOnShelf, report) == 2, "\(report.message)")
            #expect(count(.unverifiable, report) == 1)
            #expect(try self.report(in: directory)[2] == "b,unverifiable,unexpected_document,,1")
        }
    }

    @Test func aSystemThatAnswersNothingMoreFailsTheRun() async throws {
        let server = BookServer(["0": ("03", "A")]) { barcode, _, usual in barcode == "0" ? usual : nil }
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", (0..<50).map { "\($0)\n" }.joined())
            let clock = SleepClock()
            let moving = skipRests(shorterThan: .seconds(60), on: clock)
            let report = try await server.serve { port in
                try await handler(port: port, in: directory).run(.test(directory.path, clock: clock))
            }
            moving.cancel()
            #expect(report.code == "connect")
            #expect(report.message.contains("127.0.0.1 port"))
            #expect(try self.report(in: directory).count == 11)
            // It rests longer after each failure, so that a system that starts anew has the time.
            let rests = await moving.value
            #expect(rests.suffix(8) == (2...9).map { .milliseconds(500 * $0) })
        }
    }

    @Test func aWrongListIsRefusedBeforeAnythingIsAsked() async throws {
        let server = BookServer([:])
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "a\nb|AOX\n")
            let report = try await server.serve { port in
                try await handler(port: port, in: directory).run(.test(directory.path))
            }
            #expect(report.code == "config")
            #expect(report.message.contains("line 2 is no barcode"))
            #expect(server.messages.isEmpty)
        }
    }

    @Test func endsSoonWhenItIsCancelled() async throws {
        let hears = AsyncStream<Void>.makeStream()
        let server = LocalServer { connection in
            _ = connection.read(until: "\r")
            hears.continuation.yield()
            connection.waitForEnd()
        }
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "a\n")
            let handler = try handler(port: server.port, in: directory)
            let running = Task { await handler.run(.test(directory.path, clock: SleepClock())) }
            for await _ in hears.stream { break }
            running.cancel()
            #expect(await running.value.outcome == .cancelled(.cancelled(nil)))
        }
        await server.stop()
    }

    // MARK: - A server that answers in JSON

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
                let handler = try handler(["scanned": "scanned.txt", "json": .object(json)], in: directory)
                let report = await handler.run(.test(directory.path, clock: clock))
                let rows = report.outcome.result == nil ? [] : try self.report(in: directory)
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
                Self.header, "a b,ok_on_shelf,in,Emma,1", "2,on_shelf_but_checked_out,out,,1", "3,unknown_barcode,,,1",
                "4,unknown_barcode,,,1", "5,ok_on_shelf,null,,1", "6,on_shelf_but_lost,7,,1",
                "7,unverifiable,new word,,1", "8,unverifiable,unexpected_document,,1",
            ], "\(report.message)")
        #expect(targets.first == "/items?external_id=a%20b")
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
