import Dispatch
import Glibc
import Synchronization

/// One request on a connection of its own, whose answer is read as it comes.
final class HTTPStream: Sendable {
    private let queue = DispatchQueue(label: "HTTPStream")
    private let reader: Mutex<HTTPReader>
    private let descriptor: Int32
    let head: HTTPHead

    /// Sends a request and reads the head of the answer.
    init(
        socket path: String, method: String, path target: String, headers: [String: String], body: [UInt8]
    ) async throws {
        let (descriptor, reader, head) = try await offPool {
            let descriptor = try Self.connect(path)
            var text = "\(method) \(target) HTTP/1.1\r\nHost: taskd\r\nConnection: close\r\n"
            for (name, value) in headers { text += "\(name): \(value)\r\n" }
            if !body.isEmpty || method != "GET" { text += "Content-Length: \(body.count)\r\n" }
            Self.send(Array((text + "\r\n").utf8) + body, to: descriptor)
            var reader = HTTPReader(descriptor: descriptor)
            do {
                let head = try reader.head()
                return (descriptor, reader, head)
            } catch {
                close(descriptor)
                throw error
            }
        }
        self.descriptor = descriptor
        self.head = head
        self.reader = Mutex(reader)
    }

    deinit {
        close(descriptor)
    }

    /// The next line of the body, `nil` at its end.
    func line() async throws -> String? {
        try await withReader { try $0.line() }
    }

    /// The rest of the body.
    func rest() async throws -> [UInt8] {
        try await withReader { try $0.rest() }
    }

    /// Goes away, as a client that is killed does.
    func hangUp() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func withReader<Value: Sendable>(
        _ work: @escaping @Sendable (inout HTTPReader) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try self.reader.withLock { try work(&$0) } })
            }
        }
    }
}

// MARK: - The socket

extension HTTPStream {
    /// How long the daemon may be silent, in seconds, before a test gives up.
    private static let patience = 90

    private static func connect(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure.system("socket") }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard withUnixAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw TestFailure.system(path, code)
        }
        return descriptor
    }

    /// Sends what the daemon wants to have; it may answer, and hang up, before it has read everything.
    private static func send(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            var wish = pollfd(fd: descriptor, events: Int16(POLLIN | POLLOUT), revents: 0)
            guard poll(&wish, 1, 30_000) > 0, wish.revents & Int16(POLLIN) == 0 else { return }
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0 && errno == EAGAIN { continue }
            guard count > 0 else { return }
            offset += count
        }
    }
}
