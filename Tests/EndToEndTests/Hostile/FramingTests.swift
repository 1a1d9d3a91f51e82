import Model
import Testing

/// Bytes that are no request, or that two readers might take for different ones (RFC 9112).
@Suite(.timeLimit(.minutes(2)))
struct FramingTests {
    private static let get = "GET /v1/health HTTP/1.1\r\nHost: t\r\n"
    private static let post = "POST /v1/tasks HTTP/1.1\r\nHost: t\r\n"
    private static var statusLine: Regex<Substring> { #/HTTP/1\.[01] [0-9]{3} /# }
    private static let job = #"{"sleep":0}"#

    /// What is sent, and the status it is refused with.
    static let refused: [(bytes: String, status: Int)] = [
        (post + "Content-Length: 11\r\nContent-Length: 12\r\n\r\n" + job + "G", 400),
        (post + "Content-Length: 11\r\nContent-Length: 11\r\n\r\n" + job, 400),
        (post + "Content-Length: 11, 11\r\n\r\n" + job, 400),
        (post + "Content-Length: 11\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\nContent-Length: 11\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked, identity\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: xchunked\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding : chunked\r\n\r\nb\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Content-Length: -1\r\n\r\n" + job, 400), (post + "Content-Length: 0x0b\r\n\r\n" + job, 400),
        (post + "Content-Length: +11\r\n\r\n" + job, 400),
        (post + "Content-Length: 99999999999999999999\r\n\r\n" + job, 400),
        (post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\n\r\n-b\r\n" + job + "\r\n0\r\n\r\n", 400),
        (post + "Transfer-Encoding: chunked\r\n\r\nb\r\n" + job + "G\r\n0\r\n\r\n", 400),
        ("GET /v1/health HTTP/1.1\nHost: t\n\n", 505), (get + "X: a\n\r\n", 400),
        (get + "X: a\r\n folded\r\n\r\n", 400), (get + "X: a\r\n\tfolded\r\n\r\n", 400), (get + " X: a\r\n\r\n", 400),
        (get + "X\r\n\r\n", 400), (get + "X Y: a\r\n\r\n", 400), (get + "X: a\u{0}b\r\n\r\n", 400),
        (get + "X: a\rb\r\n\r\n", 400), (get + "Host: u\r\n\r\n", 400), ("GET /v1/health HTTP/1.1\r\n\r\n", 400),
        ("GET /v1/health HTTP/2.0\r\nHost: t\r\n\r\n", 505), ("GET /v1/health HTTP/0.9\r\nHost: t\r\n\r\n", 505),
        ("GET /v1/health\r\n\r\n", 505), ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (get + "X: " + String(repeating: "a", count: 17_000) + "\r\n\r\n", 431),
        (get + String(repeating: "X: a\r\n", count: 70) + "\r\n", 431),
        ("GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\nHost: t\r\n\r\n", 431),
    ]

    @Test func whatIsAmbiguousIsRefusedAndTheConnectionClosed() async throws {
        try await withDaemon { daemon in
            for (bytes, status) in Self.refused {
                let answer = try await daemon.raw(bytes)
                let what = String(bytes.prefix(160)).shown
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(what): \(answer)")
                #expect(answer.matches(of: Self.statusLine).count == 1, "\(what) was taken for two: \(answer)")
                #expect(answer.contains("application/problem+json"), "\(what): \(answer)")
            }
            let tasks = try await daemon.http("GET", "/v1/tasks").json["tasks"]?.arrayValue
            #expect(tasks?.isEmpty == true, "nothing of it is stored: \(tasks?.count ?? 0)")
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withDaemon { daemon in
            let first =
                "POST /v1/tasks HTTP/1.1\r\nHost: t\r\nContent-Length: 26\r\n\r\n" + #"{"sleep":0,"name":"first"}"#
            let answer = try await daemon.raw(
                first + "GET /v1/tasks/1 HTTP/1.1\r\nHost: t\r\n\r\n"
                    + "GET /v1/tasks/404 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            #expect(
                answer.matches(of: /HTTP\/1\.1 ([0-9]+)/).map { $0.output.1 } == ["201", "200", "404"], "\(answer)")
        }
    }

    @Test func nothingBehindARequestThatClosesIsARequest() async throws {
        try await withDaemon { daemon in
            let answer = try await daemon.raw(Self.get + "Connection: close\r\n\r\n" + Self.get + "\r\n")
            #expect(answer.matches(of: Self.statusLine).count == 1, "\(answer)")
        }
    }

    /// Behind a request that offers or asks for another protocol, the parser takes nothing for a request any more.
    @Test(arguments: [
        ("GET /v1/health HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", 200),
        ("GET /v1/health HTTP/1.1\r\nHost: t\r\nConnection: x\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n", 200),
        ("CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n", 404),
    ])
    func aRequestForAnotherProtocolIsTheLast(request: String, status: Int) async throws {
        try await withDaemon { daemon in
            let answer = try await daemon.raw(request + Self.get + "\r\n", patience: 10_000)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
            #expect(answer.matches(of: Self.statusLine).count == 1, "\(answer)")
        }
    }

    @Test func whoOffersAnotherProtocolWithoutSayingSoOfTheConnectionIsHeardOn() async throws {
        try await withDaemon { daemon in
            let offer = "GET /v1/health HTTP/1.1\r\nHost: t\r\nUpgrade: h2c\r\n\r\n"
            let last = Self.get + "Connection: close\r\n\r\n"
            let answer = try await daemon.raw(offer + last, patience: 10_000)
            #expect(answer.matches(of: Self.statusLine).count == 2, "\(answer)")
        }
    }

    /// Its answers have no chunks, and end with the connection.
    @Test(arguments: ["/v1/health", "/v1/events"])
    func anOlderClientIsAnsweredInItsVersion(path: String) async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let answer = try await daemon.raw("GET \(path) HTTP/1.0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.0 200 OK\r\n"), "\(answer)")
            #expect(!answer.lowercased().contains("transfer-encoding"), "\(answer)")
            #expect(answer.contains(path == "/v1/health" ? "{\"status\":\"ok\"" : "\r\n\r\nid: 1\n"), "\(answer)")
        }
    }

    @Test func whoAsksBeforeSendingABodyIsToldToSendIt() async throws {
        try await withDaemon { daemon in
            let socket = daemon.socket
            let answer = try await offPool {
                let connection = try RawConnection(socket)
                connection.send(Self.post + "Content-Length: 11\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
                let first = try connection.receive { $0.hasSuffix("\r\n\r\n") }
                connection.send(Self.job)
                return first + (try connection.receive())
            }
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "), "\(answer)")
            let refused = try await daemon.raw(Self.post + "Content-Length: 9000000\r\nExpect: 100-continue\r\n\r\n")
            #expect(refused.hasPrefix("HTTP/1.1 413 "), "\(refused)")
        }
    }

    @Test func aClientThatHasSentAllItHasIsAnswered() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": "100ms"])
            let socket = daemon.socket
            let body = #"{"ids":[\#(id)]}"#
            let answer = try await offPool {
                let connection = try RawConnection(socket)
                connection.send(
                    "POST /v1/wait HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
                connection.endSending()
                return try connection.receive()
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("succeeded"), "\(answer)")
        }
    }

    /// What is answered before it has sent all: who sends first and reads then is not cut off while it sends.
    static let answeredEarly: [(head: String, length: Int, status: Int)] = [
        ("PUT /v1/tasks", 2, 405), ("POST /v1/nowhere", 2, 404), ("POST /v1/nowhere", 5_000_000, 404),
        ("GET /v1/health", 5_000_000, 200), ("POST /v1/tasks", 9_000_000, 413),
    ]

    @Test(arguments: answeredEarly)
    func whoIsAnsweredEarlyCanSendAllAndThenRead(head: String, length: Int, status: Int) async throws {
        try await withDaemon { daemon in
            let socket = daemon.socket
            let (early, sent, rest) = try await offPool {
                let connection = try RawConnection(socket)
                connection.send("\(head) HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\r\n")
                let early = try connection.receive { $0.contains("\r\n\r\n") }
                let sent = connection.send([UInt8](repeating: 0x20, count: length))
                return (early, sent, try connection.receive())
            }
            #expect(early.hasPrefix("HTTP/1.1 \(status) "), "\(early)")
            #expect(early.lowercased().contains("\r\nconnection: close\r\n"), "\(early)")
            #expect(sent == length, "cut off after \(sent) bytes, behind \(early)\(rest)")
        }
    }

    @Test func whoSendsMoreThanAHeaderMayHaveCanReadTheRefusal() async throws {
        try await withDaemon { daemon in
            let socket = daemon.socket
            let (sent, answer) = try await offPool {
                let connection = try RawConnection(socket)
                let sent = connection.send(Self.get + "X: " + String(repeating: "a", count: 2_000_000))
                return (sent, try connection.receive())
            }
            #expect(sent > 2_000_000, "cut off after \(sent) bytes")
            #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer)")
        }
    }

    /// Nothing is heard any more, and the connection ends by itself.
    @Test func whoGoesOnSendingForEverIsLetGo() async throws {
        try await withDaemon { daemon in
            let socket = daemon.socket
            try await offPool {
                let connection = try RawConnection(socket)
                connection.send("PUT /v1/tasks HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000000\r\n\r\n")
                let piece = [UInt8](repeating: 0x20, count: 1 << 20)
                while connection.send(piece) == piece.count {}
                try connection.waitForHangUp(patience: 0)
            }
        }
    }

    @Test func aRequestThatBreaksOffIsForgotten() async throws {
        try await withDaemon { daemon in
            let parts = [
                Self.get, Self.post + "Content-Length: 12\r\n\r\n" + Self.job, "GET",
                Self.post + "Transfer-Encoding: chunked\r\n\r\nb\r\n" + Self.job + "\r\n",
            ]
            for part in parts {
                // A client that is gone altogether, and one that only has no more to say.
                try RawConnection(daemon.socket).send(part)
                let socket = daemon.socket
                let answer = try await offPool {
                    let connection = try RawConnection(socket)
                    connection.send(part)
                    connection.endSending()
                    return try connection.receive()
                }
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(part): \(answer)")
            }
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }
}
