import Testing

@testable import Client

struct ReplyParserTests {
    private struct Reply: Equatable {
        var status = 0
        var body = ""
        var isComplete = false
    }

    private func parse(_ packets: [[UInt8]]) throws -> Reply {
        var parser = ReplyParser()
        var reply = Reply()
        for packet in packets {
            parser.append(packet)
            while let part = try parser.next() {
                switch part {
                case .head(let status): reply.status = status
                case .body(let bytes): reply.body += String(decoding: bytes, as: UTF8.self)
                case .end: reply.isComplete = true
                }
            }
        }
        if parser.mayEnd { reply.isComplete = true }
        return reply
    }

    private func parse(_ text: String) throws -> Reply { try parse([Array(text.utf8)]) }

    private static let replies = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2 \r\nlo\r\n0\r\nTrailer: a\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello",
        "HTTP/1.1 200 OK\nx: y\n\nhello",
    ]

    @Test(arguments: replies)
    func readsAReplyWhereverThePacketsEnd(text: String) throws {
        let bytes = Array(text.utf8)
        let whole = Reply(status: 200, body: "hello", isComplete: true)
        #expect(try parse(bytes.map { [$0] }) == whole)
        for first in bytes.indices {
            #expect(try parse([Array(bytes[..<first]), Array(bytes[first...])]) == whole)
        }
    }

    @Test func hasNoBodyWhereThereCanBeNone() throws {
        #expect(try parse("HTTP/1.1 204 No Content\r\n\r\n") == Reply(status: 204, body: "", isComplete: true))
        #expect(try parse("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").isComplete)
    }

    @Test(arguments: replies.dropLast())
    func isNotCompleteBeforeItsEnd(text: String) throws {
        let bytes = Array(text.utf8)
        for end in bytes.indices { #expect(try !parse([Array(bytes[..<end])]).isComplete) }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ])
    func refusesWhatIsNoReply(text: String) {
        #expect(throws: ClientError.self) { try parse(text) }
    }

    @Test func boundsLinesAndHeaders() {
        let long = String(repeating: "a", count: ReplyParser.limits.line + 1)
        #expect(throws: ClientError.self) { try parse(long) }
        #expect(throws: ClientError.self) { try parse("HTTP/1.1 200 OK\r\nx: \(long)") }
        let many = String(repeating: "x: \(String(repeating: "a", count: 1000))\r\n", count: 70)
        #expect(throws: ClientError.self) { try parse("HTTP/1.1 200 OK\r\n" + many) }
    }
}
