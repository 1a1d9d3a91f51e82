import Glibc
import Model

@testable import Daemon

/// A datagram socket, as a service manager has one to be told on.
final class Mailbox {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// Binds to `name`: a path, or an abstract address that begins with `@`.
    init(_ name: String) throws {
        descriptor = try boundSocket(name, SOCK_DGRAM)
    }

    deinit {
        close(descriptor)
    }

    /// The next message, which is waited for.
    func next() -> String {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}

/// A socket bound to `name`: a path, or an abstract address that begins with `@`.
func boundSocket(_ name: String, _ type: __socket_type) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(type.rawValue), 0)
    guard descriptor >= 0 else { throw FileFailure(SystemError()) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
        bytes.copyBytes(from: name.utf8)
        if name.hasPrefix("@") { bytes[0] = 0 }
    }
    let length = socklen_t(2 + name.utf8.count + (name.hasPrefix("@") ? 0 : 1))
    let result = withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else {
        close(descriptor)
        throw FileFailure(SystemError())
    }
    return descriptor
}
