import Model
import Testing

@testable import Jobs

/// The rules that all sources on the web share, seen through one of them.
@Suite(.timeLimit(.minutes(1)))
struct CheckWebTests {
    private func json(_ url: String, _ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["url": .string(url), "count": "/total", "retries": 0]
        body.merge(more)
        return ["json": .object(body)]
    }

    @Test func asksOnceAndSaysWhoAsks() async throws {
        try await withWeb({ _, _ in .ok(#"{"total": 34}"#) }) { url, requests in
            let report = try await checkWeb(json(url + "/a?b=c%20d"))
            #expect(report.outcome == .succeeded(["main": 34]))
            #expect(report.detail?["exact"] == true)
            #expect(report.detail?["method"] == "json")
            #expect(report.detail?["bytes"] == 13)
            let head = try #require(requests.heads.first)
            #expect(head.hasPrefix("GET /a?b=c%20d HTTP/1.1\r\n"))
            #expect(head.lowercased().contains("host: 127.0.0.1:"))
            #expect(head.contains("taskd/"))
            #expect(head.contains("Accept: application/json"))
            #expect(!head.lowercased().contains("accept-encoding"))
            #expect(requests.heads.count == 1)
        }
    }

    @Test(
        arguments: [
            (400, "http", false), (401, "auth", false), (403, "auth", false), (404, "http", false),
            (418, "http", false),
            (429, "http", true), (500, "http", true), (501, "http", false), (502, "http", true), (503, "http", true),
            (204, "http", false), (206, "http", false), (304, "http", false), (302, "http", false),
        ] as [(Int, String, Bool)])
    func aStatusThatIsNoSuccessIsNoCount(_ status: Int, _ code: String, _ isRetryable: Bool) async throws {
        try await withWeb({ _, _ in .status(status, #"{"total": 34}"#) }) { url, _ in
            let report = try await checkWeb(json(url))
            #expect(report.code == code, "\(report.message)")
            #expect(report.message.contains("\(status)") && report.message.hasPrefix(url))
            #expect(report.outcome.exception?.details["retryable"] == .bool(isRetryable))
            #expect(report.outcome.exception?.details["status"] == .int(Int64(status)))
        }
    }

    @Test func asksAgainAfterAFailureThatMayPass() async throws {
        try await withWeb({ _, number in number < 2 ? .status(503) : .ok(#"{"total": 5}"#) }) { url, requests in
            let clock = SleepClock()
            let rests = skipRests(shorterThan: .seconds(10), on: clock)
            let report = try await checkWeb(json(url, ["retries": 2]), clock: clock)
            rests.cancel()
            #expect(report.count == 5)
            #expect(requests.heads.count == 3)
            let taken = await rests.value
            #expect(taken.count == 2)
            #expect((.milliseconds(250)...(.milliseconds(500))).contains(try #require(taken.first)))
            #expect((.seconds(1)...(.seconds(2))).contains(try #require(taken.last)))
        }
    }

    @Test(arguments: [(503, 3), (500, 3), (404, 1), (401, 1)])
    func givesUpAfterTheLastTry(_ status: Int, _ count: Int) async throws {
        try await withWeb({ _, _ in .status(status) }) { url, requests in
            let clock = SleepClock()
            let rests = skipRests(shorterThan: .seconds(10), on: clock)
            let report = try await checkWeb(json(url, ["retries": 2]), clock: clock)
            rests.cancel()
            #expect(report.code != nil)
            #expect(requests.heads.count == count)
        }
    }

    /// A number of seconds, or a date in each of the forms of RFC 9110, section 5.6.7, measured by the server's own clock.
    @Test(arguments: [
        ("60", 60), ("Sun, 06 Nov 1994 08:49:37 GMT", 7), ("Sunday, 06-Nov-94 08:49:37 GMT", 7),
        ("Sun Nov  6 08:49:37 1994", 7),
    ])
    func restsAsLongAsTheServerWants(_ end: String, seconds: Int) async throws {
        let headers = "Date: Sun, 06 Nov 1994 08:49:30 GMT\r\nRetry-After: \(end)\r\n"
        try await withWeb({ _, number in
            number == 0 ? .status(503, headers: headers) : .ok(#"{"total": 5}"#)
        }) { url, _ in
            let clock = SleepClock()
            let rests = skipRests(shorterThan: .seconds(61), on: clock)
            let report = try await checkWeb(json(url, ["retries": 1, "timeout": "1h"]), clock: clock)
            rests.cancel()
            #expect(report.count == 5)
            #expect(await rests.value == [.seconds(seconds)])
        }
    }

    @Test(arguments: ["Sun, 06 Nov 1994", "soon", "Sun, 36 Nov 1994 08:49:37 GMT", "", "Sun, 06 Nov 1994 08:49:37 CET"])
    func whatIsNoDateSaysNothing(_ date: String) async throws {
        try await withWeb({ _, _ in .status(503, headers: "Retry-After: \(date)\r\n") }) { url, _ in
            let report = try await checkWeb(json(url))
            #expect(report.code == "http")
            #expect(report.outcome.exception?.details["retry_after"] == nil)
        }
    }

    @Test func doesNotRestForHours() async throws {
        try await withWeb({ _, _ in .status(429, headers: "Retry-After: 3600\r\n") }) { url, requests in
            let report = try await checkWeb(json(url, ["retries": 2]), clock: SleepClock())
            #expect(report.code == "http")
            #expect(report.outcome.exception?.details["retry_after"] == 3600)
            #expect(requests.heads.count == 1)
        }
    }

    @Test func aServerThatNeverAnswersIsLate() async throws {
        try await withWeb({ _, _ in .silence }) { url, requests in
            let clock = SleepClock()
            async let report = checkWeb(json(url, ["timeout": "7s"]), clock: clock)
            for await _ in requests.incoming { break }
            clock.move(to: .seconds(7))
            let late = try await report
            #expect(late.code == "timeout", "\(late.message)")
            #expect(late.message.contains("7s"))
            #expect(late.outcome.exception?.details["retryable"] == true)
        }
    }

    @Test func cancellingEndsTheExchange() async throws {
        try await withWeb({ _, _ in .silence }) { url, requests in
            let run = Task { try await checkWeb(json(url), clock: SleepClock()) }
            for await _ in requests.incoming { break }
            run.cancel()
            let report = try await run.value
            #expect(report.outcome == .cancelled(.cancelled(nil)))
        }
    }

    @Test func cancellingEndsARest() async throws {
        try await withWeb({ _, _ in .status(503) }) { url, _ in
            let clock = SleepClock()
            let run = Task { try await checkWeb(json(url, ["retries": 1]), clock: clock) }
            for await deadline in clock.deadlines where deadline < .seconds(1) { break }
            run.cancel()
            let report = try await run.value
            #expect(report.outcome == .cancelled(.cancelled(nil)))
        }
    }

    @Test func nobodyAtThePortIsAFailureToConnect() async throws {
        let port = try UnansweredPort()
        let report = try await checkWeb(json("http://localhost:\(port.number)/"))
        port.release()
        #expect(report.code == "connect", "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == true)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"total\": 5}", "connect"), ("", "connect"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"to\r\n", "connect"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "unexpected_document"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1247", "inconsistent"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n1247", "inconsistent"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n0\r\n\r\n47", "inconsistent"),
    ])
    func anAnswerThatIsNotWholeIsNone(_ answer: String, _ code: String) async throws {
        try await withWeb({ _, _ in .bytes(answer) }) { url, _ in
            let report = try await checkWeb(json(url, ["count": ""]))
            #expect(report.code == code, "\(report.outcome)")
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12", "HTTP/1.0 200 OK\r\n\r\n12",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n12\r\n",
    ])
    func anAnswerEndsWhereItSays(_ answer: String) async throws {
        try await withWeb({ _, _ in .bytes(answer) }) { url, _ in
            let report = try await checkWeb(json(url, ["count": ""]))
            #expect(report.count == 12, "\(report.message)")
        }
    }

    @Test func refusesAnAnswerBeyondItsLimit() async throws {
        let limit: JSONObject = ["max_body": 1000]
        let long = #"{"total": 5, "x": ""# + String(repeating: "x", count: 1000) + #""}"#
        try await withWeb({ _, _ in .ok(long) }) { url, _ in
            let refused = try await checkWeb(json(url, limit))
            #expect(refused.code == "too_large")
            let read = try await checkWeb(json(url))
            #expect(read.count == 5)
        }
        let piece = "400\r\n" + String(repeating: " ", count: 1024) + "\r\n"
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withWeb({ _, _ in .endless(head: head, piece: piece) }) { url, _ in
            let report = try await checkWeb(json(url, limit))
            #expect(report.code == "too_large")
            #expect(report.message.contains("1000 bytes"))
        }
        try await withWeb({ _, _ in .endless(head: "HTTP/1.1 200 OK\r\nX: ", piece: piece) }) { url, _ in
            let report = try await checkWeb(json(url, limit))
            #expect(report.code == "unexpected_document", "\(report.message)")
        }
    }

    @Test(arguments: ["gzip", "br", "identity, deflate"])
    func refusesWhatIsCompressed(_ coding: String) async throws {
        let headers = "Content-Encoding: \(coding)\r\n"
        try await withWeb({ _, _ in .ok(#"{"total": 5}"#, headers: headers) }) { url, _ in
            let report = try await checkWeb(json(url))
            #expect(report.code == "unexpected_document")
            #expect(report.message.contains("compressed"))
        }
    }
}
