package import Glibc

/// The address of a Unix socket (unix(7)).
package struct UnixAddress: Sendable {
    private var address = sockaddr_un()
    private var length = socklen_t(MemoryLayout<sockaddr_un>.size)

    /// How many bytes a path may have: an address holds 108, the last of them NUL.
    package static let maximumPath = MemoryLayout<sockaddr_un>.size - start - 1
    /// Where the path begins in an address.
    private static let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0

    /// The address of the socket at `path`; `nil` when no socket's path can be like this.
    package init?(path: String) {
        guard 1...Self.maximumPath ~= path.utf8.count, !path.utf8.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        length = socklen_t(Self.start + path.utf8.count + 1)
    }

    /// The address that has `name` in the abstract namespace, where it begins with NUL and ends with its length; `nil` when none
    /// can be like this.
    package init?(abstractName name: String) {
        guard let address = UnixAddress(path: "@" + name) else { return nil }
        self = address
        self.address.sun_path.0 = 0
        length -= 1
    }

    /// The address that the socket `descriptor` is bound to; `nil` when that cannot be told.
    package init?(of descriptor: CInt) {
        var (bound, size) = (address, length)
        let result = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard result == 0, size >= Self.start, bound.sun_family == AF_UNIX else { return nil }
        (address, length) = (bound, size)
    }

    /// The path; `nil` when there is none, as in the abstract namespace.
    package var path: String? {
        let path = withUnsafeBytes(of: address.sun_path) { bytes in
            String(decoding: bytes.prefix(Int(length) - Self.start).prefix { $0 != 0 }, as: UTF8.self)
        }
        return path.isEmpty ? nil : path
    }

    /// Calls `body` with the address as bind(2), connect(2) and their like take it.
    package func withPointer<Answer>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer) -> Answer {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
