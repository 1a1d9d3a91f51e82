import Testing

@testable import Client

struct LineBufferTests {
    @Test func cutsLinesWhereverThePacketsEnd() {
        let bytes = Array("{\"a\":1}\n\n{\"b\":2}\r\nrest".utf8)
        for first in 0...bytes.count {
            var buffer = LineBuffer()
            var lines: [String] = []
            for packet in [bytes[..<first], bytes[first...]] {
                buffer.append(Array(packet))
                while let line = buffer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(lines == ["{\"a\":1}", "", "{\"b\":2}"])
            #expect(String(decoding: buffer.rest, as: UTF8.self) == "rest")
        }
    }
}

struct ServerSentEventsTests {
    @Test func readsEventsWhereverThePacketsEnd() {
        let text =
            ": hello\nid: 7\nevent: started\ndata: {\"a\":\ndata:1}\n\nid: 8\nevent: x\n\nretry: 5\ndata: b\r\n\r\ndata: cut off"
        let bytes = Array(text.utf8)
        for first in 0...bytes.count {
            var events = ServerSentEvents()
            var read: [ServerSentEvent] = []
            for packet in [bytes[..<first], bytes[first...]] {
                events.append(Array(packet))
                while let event = events.next() { read.append(event) }
            }
            #expect(
                read == [
                    ServerSentEvent(id: "7", type: "started", data: "{\"a\":\n1}"),
                    ServerSentEvent(id: "", type: "", data: "b"),
                ])
        }
    }
}
