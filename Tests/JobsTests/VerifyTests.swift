import FoundationEssentials
import Glibc
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
        return try VerifyHandler.verifying(.object(body), in: directory)
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
                try directory.report() == [
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
            #expect(try directory.report().count == 1003)
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
                try directory.report() == [Self.header] + (0..<5).map { "\($0),unknown_barcode,,,1" })
            #expect(report.outcome.result?["total"] == 5, "\(report.message)")
        }
    }

    /// For a moment the system cannot tell whether there is a list, and then whether there is a report.
    @Test(arguments: ["tasks/7", "tasks/7/stdout"])
    func whatCannotBeSeenNowIsNotTakenForMissing(path: String) async throws {
        let server = BookServer([:])
        try await withCheckDirectory { directory in
            try directory.write("scanned.txt", "0\n1\n")
            try FileManager.default.createDirectory(
                atPath: directory.attempt.path, withIntermediateDirectories: true)
            try directory.write("tasks/7/items", "1 0\n1 1\n")
            try directory.write("tasks/7/stdout", Self.header + "\n0,unknown_barcode,,,1\n")
            let (path, away) = (directory.file(path), directory.file("away"))
            try #require(rename(path, away) == 0 && symlink(path, path) == 0)
            let clock = SleepClock()
            let mending = Task {
                // Whoever sleeps first has found that it cannot be seen.
                for await deadline in clock.deadlines {
                    #expect(unlink(path) == 0 && rename(away, path) == 0)
                    clock.move(to: deadline)
                    break
                }
            }
            let report = try await server.serve { port in
                try #require(await handler(port: port, in: directory).resume(.test(directory.path, clock: clock)))
            }
            await mending.value
            #expect(server.asked == ["1"])
            #expect(report.outcome.result?["total"] == 2, "\(report.message)")
        }
    }

    @Test func aFileThatCannotBeSeenIsNotEmpty() async throws {
        try await withCheckDirectory { directory in
            let loop = directory.file("loop")
            try #require(symlink(loop, loop) == 0)
            #expect(throws: ExceptionInfo.self) { try LineFile(loop + "/stdout").read { _ in true } }
            #expect(try LineFile(directory.file("nothing")).read { _ in true } == 0)
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
            #expect(try directory.report()[2] == "b,unverifiable,unexpected_document,,1")
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
            #expect(try directory.report().count == 11)
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
            #expect(report.message.contains("line 2 is not a barcode"))
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
}
