/// One event of a `text/event-stream` (HTML standard, section 9.2).
struct ServerSentEvent: Sendable, Hashable {
    var id = ""
    var type = ""
    var data = ""
}

/// Reads the events out of a `text/event-stream`, wherever the packets end.
struct ServerSentEvents {
    private var lines = LineBuffer()
    private var event = ServerSentEvent()
    private var hasData = false

    /// Adds bytes as they arrived.
    mutating func append(_ chunk: [UInt8]) {
        lines.append(chunk)
    }

    /// The next whole event, or `nil` until more bytes arrive; comments and events without data are passed over.
    mutating func next() -> ServerSentEvent? {
        while let line = lines.next() {
            guard line.isEmpty else {
                take(String(decoding: line, as: UTF8.self))
                continue
            }
            defer {
                event = ServerSentEvent()
                hasData = false
            }
            if hasData { return event }
        }
        return nil
    }

    private mutating func take(_ line: String) {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return }
        var value = line[line.index(after: colon)...]
        if value.first == " " { value = value.dropFirst() }
        switch line[..<colon] {
        case "id": event.id = String(value)
        case "event": event.type = String(value)
        case "data":
            event.data += (hasData ? "\n" : "") + value
            hasData = true
        default: break
        }
    }
}
