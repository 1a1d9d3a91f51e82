import Dispatch
import Glibc
import Synchronization

/// A server on a real Unix socket that answers canned bytes.
///
/// Each connection is served by a thread of its own, so that a test may block in the client.
final class CannedServer: Sendable {
    /// What to answer to requests whose first line starts with `request`.
    struct Route: Sendable {
        let request: String
        let packets: [[UInt8]]
        /// What must happen before the answer is sent.
        var gate: Gate?
        /// Whether the connection stays open after the answer.
        var staysOpen = false
        /// Whether the body of the request is left unread.
        var ignoresBody = false
    }

    let path: String
    private let directory: String
    private let listener: Int32
    private let routes: [Route]
    private let state = Mutex((requests: [String](), connections: [Int32]()))

    init(_ routes: [Route]) {
        self.routes = routes
        var template = Array("/tmp/taskctl-XXXXXX".utf8CString)
        directory = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
        path = directory + "/s"
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { [path] in $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [listener] in
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(bound == 0 && listen(listener, 16) == 0, "a socket can be bound in a new directory")
        DispatchQueue(label: "accept").async { self.accept() }
    }

    /// The requests received so far, whole.
    var requests: [String] { state.withLock { $0.requests } }

    /// Closes everything.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.withLock({ $0.connections }) { close(connection) }
        unlink(path)
        rmdir(directory)
    }

    private func accept() {
        while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
            DispatchQueue(label: "connection").async { self.serve(connection) }
        }
        // Not before: its number could belong to another server's listener by the next accept(2).
        close(listener)
    }

    private func serve(_ connection: Int32) {
        var request = Self.read(connection, until: { Self.bodyStart($0) != nil })
        let start = String(decoding: request.prefix { $0 != 0x0D }, as: UTF8.self)
        let route = routes.first { start.hasPrefix($0.request) }
        if route?.ignoresBody != true {
            let length = Self.contentLength(request)
            let isWhole = { (bytes: [UInt8]) in bytes.count >= (Self.bodyStart(bytes) ?? 0) + length }
            request = Self.read(connection, request, until: isWhole)
        }
        state.withLock { $0.requests.append(String(decoding: request, as: UTF8.self)) }
        route?.gate?.wait()
        for packet in route?.packets ?? [Self.notFound] {
            _ = send(connection, packet, packet.count, Int32(MSG_NOSIGNAL))
        }
        if route?.staysOpen == true {
            state.withLock { $0.connections.append(connection) }
        } else {
            close(connection)
        }
    }

    private static let notFound = Array("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".utf8)

    private static func read(_ connection: Int32, _ start: [UInt8] = [], until isWhole: ([UInt8]) -> Bool) -> [UInt8] {
        var bytes = start
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !isWhole(bytes) {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func bodyStart(_ bytes: [UInt8]) -> Int? {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        return bytes.indices.first { bytes[$0...].starts(with: end) }.map { $0 + 4 }
    }

    private static func contentLength(_ bytes: [UInt8]) -> Int {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let header = lines.first { $0.hasPrefix("content-length: ") }
        return header.flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
    }
}

extension CannedServer.Route {
    /// Answers `json` with a `content-length`.
    static func json(_ request: String, _ json: String, status: Int = 200) -> Self {
        let head =
            "HTTP/1.1 \(status) X\r\ncontent-type: application/json\r\ncontent-length: \(json.utf8.count)\r\n\r\n"
        return Self(request: request, packets: [Array((head + json).utf8)])
    }

    /// Answers a problem, as the daemon does.
    static func problem(_ request: String, status: Int, detail: String) -> Self {
        json(request, #"{"title":"T","status":\#(status),"detail":"\#(detail)"}"#, status: status)
    }

    /// Answers `chunks`, each in a packet of its own.
    static func chunked(_ request: String, _ chunks: [String], isComplete: Bool = true) -> Self {
        let head = Array("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".utf8)
        let packets = chunks.map { Array("\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n".utf8) }
        return Self(request: request, packets: [head] + packets + (isComplete ? [Array("0\r\n\r\n".utf8)] : []))
    }
}
