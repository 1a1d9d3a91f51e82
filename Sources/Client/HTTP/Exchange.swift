internal import Model

/// One request and its reply, on a connection of its own.
///
/// Letting go of it hangs up; the daemon's tasks never notice.
final class Exchange {
    let socket: UnixSocket
    private var parser = ReplyParser()
    private var hasEnded = false
    /// How long each packet may take; `nil` for as long as the daemon likes.
    private let timeout: Duration?

    /// Sends `request` and waits for the head of the reply.
    ///
    /// - Throws: ``ClientError`` when the daemon is not reachable or refuses.
    convenience init(_ request: Request, to path: String, timeout: Duration? = nil) throws(ClientError) {
        try self.init(sending: request, to: path, timeout: timeout)
        try finishHead()
    }

    /// Sends `request` and does not wait; ``finishHead()`` comes before anything else is read.
    init(sending request: Request, to path: String, timeout: Duration? = nil) throws(ClientError) {
        socket = try UnixSocket(connectingTo: path)
        self.timeout = timeout
        send(request.bytes)
    }

    /// A daemon that refuses may answer before it has read a large body, and that answer counts.
    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty, let count = socket.send(rest) {
            rest = rest.dropFirst(count)
            guard count == 0 else { continue }
            let ready = UnixSocket.wait([(socket, [.readable, .writable])])
            if ready[0].contains(.readable) { return }
        }
    }

    /// Waits for the head of the reply.
    ///
    /// - Throws: ``ClientError`` when the daemon refuses, which its reply explains.
    func finishHead() throws(ClientError) {
        guard case .head(let status) = try nextPart() else {
            throw ClientError.unexpectedReply("it has no head")
        }
        guard 200..<300 ~= status else { throw Self.refusal(status, body: try collect()) }
    }

    /// The number in the header called `name`, in lower case; `nil` when there is none.
    func number(inHeader name: String) -> Int64? { parser.headers[name].flatMap { Int64($0) } }

    /// The next bytes of the reply, as many as have arrived, or `nil` at its end.
    ///
    /// - Throws: ``ClientError`` when the connection ends before the reply does.
    func next() throws(ClientError) -> [UInt8]? {
        guard case .body(var bytes) = try nextPart() else { return nil }
        while !hasEnded, let part = try parser.next() {
            if case .body(let more) = part { bytes += more } else { hasEnded = true }
        }
        return bytes
    }

    /// What is left of the reply.
    func collect() throws(ClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try next() { bytes += more }
        return bytes
    }

    /// The reply as JSON.
    func json() throws(ClientError) -> JSONValue {
        try ClientError.parsingReply(try collect())
    }

    /// Whether bytes have been received that ``next()`` has not answered yet.
    var hasBuffered: Bool { parser.hasBuffered || hasEnded }

    /// Whether ``next()`` would answer at once.
    var isReadable: Bool {
        hasBuffered || UnixSocket.wait([(socket, .readable)], timeout: .zero)[0].contains(.readable)
    }
}

extension Exchange {
    private func nextPart() throws(ClientError) -> ReplyParser.Part {
        while !hasEnded {
            if let part = try parser.next() {
                hasEnded = part == .end
                return part
            }
            switch socket.receive() {
            case .bytes(let bytes): parser.append(bytes)
            case .nothing: try waitForMore()
            case .end:
                guard parser.mayEnd else { throw Self.brokenOff }
                hasEnded = true
            }
        }
        return .end
    }

    private func waitForMore() throws(ClientError) {
        guard UnixSocket.wait([(socket, .readable)], timeout: timeout)[0].isEmpty, let timeout else { return }
        throw ClientError(
            code: .unreachable,
            message: "taskd has not answered within \(timeout.secondsText)s; it is running, but not well")
    }

    private static let brokenOff = ClientError(
        code: .unreachable, message: "taskd closed the connection before its reply was complete; is it still running?",
        cause: HungUp())

    private static func refusal(_ status: Int, body: [UInt8]) -> ClientError {
        guard let json = try? JSONParser.parse(body), let problem = Problem(json: json) else {
            return ClientError(Problem(status: status, title: "the daemon answered with status \(status)", detail: ""))
        }
        return ClientError(problem)
    }
}

extension ClientError {
    /// The value in `bytes`, which the daemon sent.
    static func parsingReply(_ bytes: [UInt8]) throws(ClientError) -> JSONValue {
        do {
            return try JSONParser.parse(bytes, maximumDepth: JSONParser.maximumReplyDepth)
        } catch {
            throw unexpectedReply(error.description)
        }
    }
}
