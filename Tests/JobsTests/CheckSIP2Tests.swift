import Glibc
import Model
import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct CheckSIP2Tests {
    /// A library system: answers each message as `answer` says, and keeps what it was asked.
    final class System: Sendable {
        let asked = Mutex<[String]>([])

        /// The answer to `message`, with the checksum it came with made new.
        static func answer(_ message: String) -> String? {
            let sequence = message.range(ofLast: "AY").map { message[$0] }
            let text: String
            switch message.prefix(2) {
            case "93": text = message.contains("COright|") ? "941" : "940"
            case "99": text = "98YNNNNY03000320261122    2237062.00AOMAIN|BXNNNNYYNNNNYNNNNN|"
            case "17":
                let barcode = message.split(separator: "|").first { $0.hasPrefix("AB") }?.dropFirst(2) ?? ""
                let item = items[String(barcode)]
                text = "18\(item?.status ?? "01")000120261122    223706AB\(barcode)|AJ\(item?.title ?? "")|"
            default: return nil
            }
            return signed(text, sequence)
        }

        static func signed(_ text: String, _ sequence: Character?) -> String {
            guard let sequence else { return text + "\r" }
            let summed = "\(text)AY\(sequence)AZ"
            return summed + SIP2Message.checksum(summed.utf8) + "\r"
        }

        private static let items: [String: (status: String, title: String)] = [
            "100": ("03", "Emma"), "101": ("04", "Persuasion"), "102": ("03", ""), "103": ("13", "Sanditon"),
            "104": ("01", "Lady Susan"),
        ]
    }

    func run(
        _ barcodes: String, _ more: JSONObject = [:], answer: @escaping @Sendable (String, Int) -> String?
    ) async throws -> (report: RunReport, asked: [String]) {
        let system = System()
        let server = LocalServer { connection in
            while case let message = connection.read(until: "\r"), message.hasSuffix("\r") {
                let number = system.asked.withLock { asked in
                    asked.append(String(message.dropLast()))
                    return asked.count - 1
                }
                guard let text = answer(String(message.dropLast()), number) else { return }
                connection.send(text)
            }
        }
        let report = try await withCheckDirectory { directory in
            try directory.write("barcodes", barcodes)
            try directory.write("password", "right\n")
            try directory.write("wrong", "wrong\n")
            var source: JSONObject = [
                "host": "127.0.0.1", "port": .int(Int64(server.port)), "barcodes": "barcodes", "rate": 1000,
                "institution": "MAIN", "timeout": "1h",
            ]
            source.merge(more)
            return try await check(["sip2": .object(source)], in: directory)
        }
        await server.stop()
        return (report, system.asked.withLock(\.self))
    }

    @Test func countsTheBarcodesThatAreKnown() async throws {
        let (report, asked) = try await run("100\n101\r\n\n 102\n103\n104\n999\n100\n") { message, _ in
            System.answer(message)
        }
        #expect(report.outcome == .succeeded(["main": 5]), "\(report.message)")
        let detail = try #require(report.detail)
        #expect(detail["method"] == "sip2")
        #expect(detail["asked"] == 6)
        #expect(detail["unknown"] == 1)
        #expect(detail["statuses"] == ["available": 2, "charged": 1, "missing": 1, "other": 1])
        #expect(asked.map { $0.prefix(2) } == ["99", "17", "17", "17", "17", "17", "17"])
        #expect(asked.first == "9900302.00AY0AZFCA6")
        let item = try #require(asked.dropFirst().first)
        #expect(item.contains("AOMAIN|AB100|AY1AZ"))
        #expect(item.dropFirst(10).hasPrefix("    "))
    }

    @Test func theChecksumIsThatOfTheStandard() {
        #expect(SIP2Message.sent("9900302.00", sequence: 1) == Array("9900302.00AY1AZFCA5\r".utf8))
    }

    @Test func logsInAndTellsThePasswordNobody() async throws {
        let login: JSONObject = ["login": ["user": "desk", "password_file": "password"]]
        let (report, asked) = try await run("100\n", login) { message, _ in System.answer(message) }
        #expect(report.count == 1, "\(report.message)")
        #expect(asked.first?.hasPrefix("9300CNdesk|COright|AY0AZ") == true)
        let wrong: JSONObject = ["login": ["user": "desk", "password_file": "wrong"]]
        let (refused, _) = try await run("100\n", wrong) { message, _ in System.answer(message) }
        #expect(refused.code == "auth")
        #expect(!refused.message.contains("wrong"))
    }

    @Test func sendsNoPasswordOverANetwork() async throws {
        let login: JSONObject = ["login": ["user": "desk", "password_file": "password"], "host": "192.0.2.1"]
        let (report, asked) = try await run("100\n", login) { message, _ in System.answer(message) }
        #expect(report.code == "config")
        #expect(report.message.contains("allow_plaintext"))
        #expect(asked.isEmpty)
    }

    @Test func worksWithoutChecksums() async throws {
        let (report, asked) = try await run("100\n", ["error_detection": false]) { message, _ in System.answer(message)
        }
        #expect(report.count == 1, "\(report.message)")
        #expect(asked.first == "9900302.00")
    }

    @Test func asksOnceMoreWhenAMessageWasDamaged() async throws {
        for damage in ["96AZFEF6\r", "96\r", "18xxAY1AZ0000\r"] {
            let (report, asked) = try await run("100\n") { message, number in
                number == 1 ? damage : System.answer(message)
            }
            #expect(report.count == 1, "\(damage): \(report.message)")
            #expect(asked.map { $0.prefix(2) } == ["99", "17", "17"])
        }
        let (report, asked) = try await run("100\n") { message, number in number > 0 ? "96\r" : System.answer(message) }
        #expect(report.code == "inconsistent")
        #expect(asked.count == 3)
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r", "unexpected_document"), ("941", "unexpected_document"),
        ("18030001", "unexpected_document"), ("18030001x", "unexpected_document"),
        ("18030001" + "20261122    223706AB999|AJx|", "inconsistent"),
        ("18000001" + "20261122    223706AB100|AJx|", "unexpected_document"),
    ])
    func anotherAnswerIsNone(_ answer: String, _ code: String) async throws {
        let (report, _) = try await run("100\n", ["error_detection": false]) { message, number in
            number == 0 ? System.answer(message) : answer + "\r"
        }
        #expect(report.code == code, "\(report.message)")
    }

    @Test(arguments: [
        ("98NNNNNY03000320261122    2237062.00AOMAIN|BXNNNNYYNNNNYNNNNN|", "diagnostic"),
        ("98YNNNNY03000320261122    2237062.00AOMAIN|BXNNNNYYNNNNNNNNNN|", "config"),
    ])
    func aSystemThatIsNotReadyIsNotAsked(_ answer: String, _ code: String) async throws {
        let (report, asked) = try await run("100\n", ["error_detection": false]) { _, _ in answer + "\r" }
        #expect(report.code == code, "\(report.message)")
        #expect(asked.count == 1)
    }

    @Test func aLineWithoutAnEndIsCutOff() async throws {
        let (report, _) = try await run("100\n") { _, _ in String(repeating: "x", count: 100_000) }
        #expect(report.code == "too_large", "\(report.message)")
    }

    @Test func aSystemThatHangsUpIsAFailureToConnect() async throws {
        let (report, _) = try await run("100\n") { message, number in number == 0 ? System.answer(message) : nil }
        #expect(report.code == "connect", "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == true)
    }

    @Test func aSystemThatHangsUpBetweenQuestionsIsAskedAgain() async throws {
        let server = BookServer(["a": ("03", "A"), "b": ("03", "B")]) { _, number, usual in number == 1 ? nil : usual }
        try await withCheckDirectory { directory in
            try directory.write("barcodes", "a\nb\n")
            let report = try await server.serve { port in
                try await check(
                    [
                        "sip2": [
                            "host": "127.0.0.1", "port": .int(Int64(port)), "barcodes": "barcodes",
                            "error_detection": false, "timeout": "1h",
                        ]
                    ], in: directory)
            }
            #expect(report.count == 2, "\(report.message)")
            #expect(server.asked == ["a", "b", "b"])
        }
    }

    @Test func whatASystemSaysUnaskedIsTold() async throws {
        let server = LocalServer { connection in
            connection.send("Welcome to Debian\r\nlogin: ")
            connection.waitForEnd()
        }
        try await withCheckDirectory { directory in
            try directory.write("barcodes", "100\n")
            let source: JSONObject = [
                "host": "127.0.0.1", "port": .int(Int64(server.port)), "barcodes": "barcodes", "timeout": "1h",
            ]
            let report = try await check(["sip2": .object(source)], in: directory)
            #expect(report.code == "unexpected_document", "\(report.message)")
            #expect(report.message.contains("Welcome to Debian"), "\(report.message)")
            #expect(report.message.contains("check port"))
        }
        await server.stop()
    }

    @Test func aConnectionThatHasEndedAnswersThatItHas() async throws {
        let server = LocalServer { $0.waitForEnd() }
        let address = try #require(IPAddress("127.0.0.1"))
        let connection = try await SIP2Connection.open(address, port: server.port, timeout: .seconds(5))
        await connection.close()
        await #expect(throws: SourceError.self) { try await connection.ask(Array("9900302.00\r".utf8)) }
        await server.stop()
    }

    @Test func aNameThatNobodyLooksUpIsLate() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let begins = AsyncStream<Void>.makeStream()
        let others = (0..<32).map { _ in
            Task {
                await HostLookup.calls.answer {
                    begins.continuation.yield()
                    var byte: UInt8 = 0
                    return read(reader, &byte, 1) == 1 ? .success([]) : .failure(.cancelled)
                }
            }
        }
        var begun = 0
        for await _ in begins.stream {
            begun += 1
            if begun == others.count { break }
        }
        let report = try await withCheckDirectory { directory in
            try directory.write("barcodes", "100\n")
            let clock = SleepClock()
            let moving = skipRests(shorterThan: .seconds(10), on: clock)
            defer { moving.cancel() }
            let source: JSONValue = ["sip2": ["host": "localhost", "barcodes": "barcodes", "timeout": "9s"]]
            return try await checkWeb(source, directory: directory.path, clock: clock)
        }
        close(writer)
        for other in others { _ = await other.value }
        close(reader)
        #expect(report.code == "timeout", "\(report.message)")
    }

    @Test func aSystemThatNeverAnswersIsLate() async throws {
        let hears = AsyncStream<Void>.makeStream()
        let server = LocalServer { connection in
            _ = connection.read(until: "\r")
            hears.continuation.yield()
            connection.waitForEnd()
        }
        try await withCheckDirectory { directory in
            try directory.write("barcodes", "100\n")
            let job = try SIP2Source.test(port: server.port, timeout: "5s")
            let clock = SleepClock()
            async let late = SIP2Counter(job).outcome(.test(directory.path, clock: clock))
            for await _ in hears.stream { break }
            clock.move(to: .seconds(5))
            #expect(await late == .timeout)
            let cancelled = Task { await SIP2Counter(job).outcome(.test(directory.path, clock: SleepClock())) }
            for await _ in hears.stream { break }
            cancelled.cancel()
            #expect(await cancelled.value == .cancelled)
        }
        await server.stop()
    }
}

extension SIP2Source {
    fileprivate static func test(port: Int, timeout: String) throws -> SIP2Source {
        let source: JSONObject = [
            "host": "127.0.0.1", "port": .int(Int64(port)), "barcodes": "barcodes", "timeout": .string(timeout),
        ]
        let job = try Job(json: ["check": ["sip2": .object(source)]])
        guard case .check(.sip2(let source)) = job.action else { throw TestFailure("no sip2 source") }
        return source
    }
}

extension SIP2Counter {
    fileprivate func outcome(_ context: JobContext) async -> SourceError.Code? {
        do throws(SourceError) {
            _ = try await count(context)
            return nil
        } catch {
            return error.code
        }
    }
}

extension String {
    /// Where the character after the last `mark` stands.
    fileprivate func range(ofLast mark: String) -> Index? {
        indices.last { self[$0...].hasPrefix(mark) }.map { index($0, offsetBy: mark.count) }
    }
}
