import Glibc

/// A connection to the daemon that sends whatever it likes.
final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Connects to the Unix socket at `path`.
    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure.system("socket") }
        let descriptor = descriptor
        guard withUnixAddress(path, { connect(descriptor, $0, $1) }) == 0 else { throw TestFailure.system(path) }
    }

    deinit {
        close(descriptor)
    }

    /// Sends `bytes`.
    ///
    /// - Returns: how many went, fewer when the daemon hung up or has not read for `patience` milliseconds.
    @discardableResult
    func send(_ bytes: [UInt8], patience: Int32 = 30_000) -> Int {
        var offset = 0
        while offset < bytes.count {
            var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wish, 1, patience) > 0 else { break }
            let count = bytes[offset...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0 && errno == EAGAIN { continue }
            guard count > 0 else { break }
            offset += count
        }
        return offset
    }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    /// Says that nothing more is sent, and goes on reading.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Reads nothing, and returns when the daemon has hung up.
    ///
    /// - Throws: ``TestFailure`` when it has not within `patience` milliseconds.
    func waitForHangUp(patience: Int32) throws {
        var wish = pollfd(fd: descriptor, events: 0, revents: 0)
        guard poll(&wish, 1, patience) > 0 else {
            throw TestFailure("the daemon holds on to a client that does not read")
        }
    }

    /// What the daemon sends until it hangs up, or until `isEnough`.
    ///
    /// - Throws: ``TestFailure`` when neither happens within `patience` milliseconds of silence.
    func receive(patience: Int32 = 30_000, until isEnough: (String) -> Bool = { _ in false }) throws -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(text) {
            var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wish, 1, patience) > 0 else { throw TestFailure("the daemon says nothing more after \(text)") }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return text }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}

extension LiveDaemon {
    /// Sends `text` on a connection of its own, and answers all that comes back until the daemon hangs up.
    ///
    /// - Parameter patience: how long it may be silent, in milliseconds.
    func raw(_ text: String, patience: Int32 = 30_000) async throws -> String {
        let socket = socket
        return try await offPool {
            let connection = try RawConnection(socket)
            connection.send(text)
            return try connection.receive(patience: patience)
        }
    }
}
