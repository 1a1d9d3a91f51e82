import Glibc

/// The status and headers of an answer.
struct HTTPHead: Sendable {
    let status: Int
    /// By lowercase name.
    let headers: [String: String]
}

/// Reads one HTTP/1.1 answer from a socket, chunked or not (RFC 9112).
struct HTTPReader {
    let descriptor: Int32
    /// Read from the socket and not yet understood.
    private var raw: [UInt8] = []
    /// Of the body, and not yet given out.
    private var body: [UInt8] = []
    private var isChunked = false
    /// How many bytes of the body are still to come, where that is known.
    private var remaining: Int?
    private var hasEnded = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The status and headers; to be called first, once.
    mutating func head() throws -> HTTPHead {
        guard let statusLine = try rawLine() else { throw TestFailure("the daemon hung up without an answer") }
        let words = statusLine.split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw TestFailure("no status line: \(statusLine)")
        }
        var headers: [String: String] = [:]
        while let line = try rawLine(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw TestFailure("no header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        isChunked = headers["transfer-encoding"] == "chunked"
        remaining = headers["content-length"].flatMap { Int($0) }
        hasEnded = remaining == 0 && !isChunked
        return HTTPHead(status: status, headers: headers)
    }

    /// The next line of the body without its end; `nil` at the end.
    mutating func line() throws -> String? {
        while true {
            if let end = body.firstIndex(of: 0x0A) {
                defer { body.removeSubrange(...end) }
                return String(decoding: body[..<end], as: UTF8.self)
            }
            guard try more() else {
                defer { body = [] }
                return body.isEmpty ? nil : String(decoding: body, as: UTF8.self)
            }
        }
    }

    /// What is left of the body.
    mutating func rest() throws -> [UInt8] {
        while try more() {}
        defer { body = [] }
        return body
    }
}

extension HTTPReader {
    /// Reads more of the body; `false` when there is none.
    private mutating func more() throws -> Bool {
        guard !hasEnded else { return false }
        if isChunked { return try chunk() }
        if raw.isEmpty, try !fill() {
            guard remaining == nil else {
                throw TestFailure("the answer was cut off, \(remaining ?? 0) bytes are missing")
            }
            hasEnded = true
            return false
        }
        body += raw
        remaining = remaining.map { $0 - raw.count }
        raw = []
        hasEnded = remaining == 0
        return true
    }

    private mutating func chunk() throws -> Bool {
        guard let line = try rawLine(), let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
            throw TestFailure("the answer was cut off: no last chunk")
        }
        while raw.count < size + 2 {
            guard try fill() else { throw TestFailure("the answer was cut off in a chunk") }
        }
        body += raw[..<size]
        raw.removeSubrange(..<(size + 2))
        hasEnded = size == 0
        return !hasEnded
    }

    private mutating func rawLine() throws -> String? {
        while true {
            if let end = raw.firstIndex(of: 0x0A) {
                defer { raw.removeSubrange(...end) }
                return String(decoding: raw[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads what the socket has; `false` at its end.
    private mutating func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw TestFailure.system("no answer of the daemon") }
            raw += buffer[..<count]
            return count > 0
        }
    }
}
