internal import Glibc
internal import Model

/// A connection to a Unix socket: never blocks in reading or writing, says when it is ready.
final class UnixSocket {
    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: 64 << 10)

    /// What came of reading.
    enum Received: Equatable {
        case bytes([UInt8])
        /// Nothing has arrived yet.
        case nothing
        /// The other side has closed the connection.
        case end
    }

    /// What there is to wait for.
    struct Readiness: OptionSet {
        let rawValue: Int16

        static let readable = Readiness(rawValue: Int16(POLLIN))
        static let writable = Readiness(rawValue: Int16(POLLOUT))
    }

    /// Connects to `path`.
    ///
    /// - Throws: ``ClientError`` saying which path was tried and what to do.
    init(connectingTo path: String) throws(ClientError) {
        guard let address = UnixAddress(path: path) else {
            throw ClientError(
                code: .unreachable,
                message: "\(path): no socket's path is like this; it has 1 to \(UnixAddress.maximumPath) bytes")
        }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        guard address.withPointer({ connect(descriptor, $0, $1) }) == 0 else { throw Self.failure(path, errno) }
        // Only now: a non-blocking connect(2) to a daemon with a full backlog fails instead of waiting its turn.
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw Self.failure(path, errno) }
    }

    deinit {
        close(descriptor)
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func failure(_ path: String, _ code: Int32) -> ClientError {
        switch code {
        case EACCES, EPERM:
            ClientError(
                code: .notPermitted,
                message: "\(path): not permitted to use this socket; run as its owner, or join its group")
        case ENOENT:
            ClientError(code: .unreachable, message: "\(path): no taskd listens there; start taskd, or give --socket")
        case ECONNREFUSED:
            ClientError(
                code: .unreachable,
                message: isSocket(path)
                    ? "\(path): taskd is not running any more; start it, or give --socket"
                    : "\(path): this is not a socket; give that of taskd with --socket",
                cause: Refused())
        default:
            ClientError(code: .unreachable, message: "\(path): \(SystemError(code))")
        }
    }
}

extension UnixSocket {
    /// Sends the first of `bytes` and returns how many; none when there is no room, `nil` when nobody will read them.
    func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        while true {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: return nil
            }
        }
    }

    /// What has arrived. A connection that broke has ended: whether that is too early, the reply tells.
    func receive() -> Received {
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 { return .bytes(Array(chunk[..<count])) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .end
            }
        }
    }

    /// Waits until one of `sockets` is ready, and returns what each is ready for: nothing for all at the timeout.
    static func wait(_ sockets: [(socket: UnixSocket, wish: Readiness)], timeout: Duration? = nil) -> [Readiness] {
        var wishes = sockets.map { pollfd(fd: $0.socket.descriptor, events: $0.wish.rawValue, revents: 0) }
        let limit = timeout.map { Int32(clamping: $0.milliseconds) } ?? -1
        while poll(&wishes, nfds_t(wishes.count), limit) < 0 && errno == EINTR {}
        return wishes.map { wish in
            // An error or a hang-up shows itself in reading.
            let isBroken = wish.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
            return isBroken ? .readable : Readiness(rawValue: wish.revents)
        }
    }
}
