/// Reads one HTTP/1.1 response (RFC 9112) from bytes, wherever the packets end.
///
/// The few rules a Unix-socket client of one daemon needs, strictly. A general HTTP library doubles the time that
/// `taskctl ping` takes, nearly all of it for setting itself up.
struct ReplyParser {
    /// A part of a response.
    enum Part: Equatable {
        case head(status: Int)
        case body([UInt8])
        case end
    }

    /// What the next bytes are.
    private enum Expectation {
        case statusLine
        case headers(status: Int, length: Length)
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers
        case bodyUntilClosed
        case nothing
    }

    /// How the end of the body is known.
    private enum Length {
        case untilClosed
        case known(Int)
        case chunked
    }

    /// The most bytes of a line, and of all headers together.
    static let limits = (line: 16_384, headers: 65_536)

    private var expectation = Expectation.statusLine
    private var bytes: [UInt8] = []
    private var position = 0
    private var headerBytes = 0
    /// What the headers say that have arrived, by their names in lower case.
    private(set) var headers: [String: String] = [:]

    /// Adds bytes as they arrived.
    mutating func append(_ chunk: [UInt8]) {
        bytes.removeFirst(position)
        position = 0
        bytes += chunk
    }

    /// The next part, or `nil` until more bytes arrive.
    ///
    /// - Throws: ``ClientError`` when the bytes are no HTTP response.
    mutating func next() throws(ClientError) -> Part? {
        while true {
            switch expectation {
            case .statusLine:
                guard let line = try line() else { return nil }
                expectation = .headers(status: try Self.status(line), length: .untilClosed)
            case .headers(let status, let length):
                guard let line = try line() else { return nil }
                if let part = try take(header: line, status: status, length: length) { return part }
            case .chunkSize:
                guard let line = try line() else { return nil }
                let size = try Self.chunkSize(line)
                expectation = size > 0 ? .chunk(remaining: size) : .trailers
            case .chunkEnd:
                guard let line = try line() else { return nil }
                guard line.isEmpty else { throw Self.notHTTP("a chunk is longer than it says") }
                expectation = .chunkSize
            case .trailers:
                guard let line = try line() else { return nil }
                if line.isEmpty { return end() }
            case .body(let remaining):
                if remaining == 0 { return end() }
                guard let taken = take(upTo: remaining) else { return nil }
                expectation = .body(remaining: remaining - taken.count)
                return .body(taken)
            case .chunk(let remaining):
                guard let taken = take(upTo: remaining) else { return nil }
                expectation = taken.count < remaining ? .chunk(remaining: remaining - taken.count) : .chunkEnd
                return .body(taken)
            case .bodyUntilClosed:
                return take(upTo: .max).map(Part.body)
            case .nothing:
                return nil
            }
        }
    }

    /// Whether bytes have arrived that are not read yet.
    var hasBuffered: Bool { position < bytes.count }

    /// Whether the connection may end here.
    var mayEnd: Bool {
        switch expectation {
        case .bodyUntilClosed, .nothing: true
        default: false
        }
    }

    private mutating func end() -> Part {
        expectation = .nothing
        return .end
    }

    private mutating func take(upTo count: Int) -> [UInt8]? {
        guard position < bytes.count else { return nil }
        let end = position + min(count, bytes.count - position)
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// The next line without its CRLF (a lone LF will do), or `nil` until it is whole.
    private mutating func line() throws(ClientError) -> String? {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n"))
        guard (end ?? bytes.count) - position <= Self.limits.line else { throw Self.notHTTP("a line is too long") }
        guard let end else { return nil }
        var line = bytes[position..<end]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        position = end + 1
        return String(decoding: line, as: UTF8.self)
    }
}

extension ReplyParser {
    private static func notHTTP(_ what: String) -> ClientError {
        ClientError(code: .unreachable, message: "what answers on the socket is not taskd, or not well: \(what)")
    }

    /// The number in `HTTP/1.1 200 OK`.
    private static func status(_ line: String) throws(ClientError) -> Int {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), 100...599 ~= status else {
            throw notHTTP("it does not speak HTTP/1.1")
        }
        return status
    }

    private static func chunkSize(_ line: String) throws(ClientError) -> Int {
        let digits = line.prefix { $0 != ";" && $0 != " " }
        guard digits.allSatisfy(\.isHexDigit), let size = Int(digits, radix: 16) else {
            throw notHTTP("a chunk has no size")
        }
        return size
    }

    /// The head when `line` ends it.
    private mutating func take(header line: String, status: Int, length: Length) throws(ClientError) -> Part? {
        headerBytes += line.utf8.count
        guard headerBytes <= Self.limits.headers else { throw Self.notHTTP("its headers are too long") }
        guard line.isEmpty else {
            let (name, value) = try Self.header(line)
            headers[name] = value
            expectation = .headers(status: status, length: try Self.length(name, value) ?? length)
            return nil
        }
        // 100 and its like announce the real answer.
        guard status >= 200 else {
            expectation = .statusLine
            return nil
        }
        switch length {
        case _ where status == 204 || status == 304: expectation = .body(remaining: 0)
        case .known(let count): expectation = .body(remaining: count)
        case .chunked: expectation = .chunkSize
        case .untilClosed: expectation = .bodyUntilClosed
        }
        return .head(status: status)
    }

    /// The name and the value in `line`, in lower case and without space.
    private static func header(_ line: String) throws(ClientError) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: ":") else { throw notHTTP("a header has no colon") }
        let value = line[line.index(after: colon)...].lowercased().filter { $0 != " " && $0 != "\t" }
        return (line[..<colon].lowercased(), value)
    }

    /// What a header says of the length of the body; `nil` for any other header.
    private static func length(_ name: String, _ value: String) throws(ClientError) -> Length? {
        switch name {
        case "content-length":
            guard let count = Int(value), count >= 0 else { throw notHTTP("its content-length is not a number") }
            return .known(count)
        case "transfer-encoding":
            guard value == "chunked" else { throw notHTTP("its transfer-encoding is not known here") }
            return .chunked
        default:
            return nil
        }
    }
}
