import Glibc
import Testing

/// A port of this machine at which nobody answers, for as long as it is held.
struct UnansweredPort {
    let number: Int
    private var sockets: [Int32] = []

    /// A port that refuses whoever connects; or, with a full `queue`, lets them wait.
    init(queue isFull: Bool = false) throws {
        let holder = try Self.socket()
        sockets.append(holder)
        try #require(Self.withAddress(port: 0) { bind(holder, $0, $1) } == 0)
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in>.size)
        var length = socklen_t(bytes.count)
        let named = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) { getsockname(holder, $0.baseAddress, &length) }
        }
        try #require(named == 0)
        number = Int(bytes[2]) << 8 | Int(bytes[3])
        guard isFull else { return }
        try #require(listen(holder, 0) == 0)
        // A connection that finds room comes about at once, one that does not stays in progress.
        var hasRoom = true
        while hasRoom {
            let client = try Self.socket(nonblocking: true)
            sockets.append(client)
            hasRoom = Self.withAddress(port: number) { connect(client, $0, $1) } == 0
            try #require(hasRoom || errno == EINPROGRESS)
        }
    }

    /// Gives the port back.
    func release() {
        for socket in sockets { close(socket) }
    }

    private static func socket(nonblocking: Bool = false) throws -> Int32 {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | (nonblocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | flags, 0)
        try #require(socket >= 0)
        return socket
    }

    /// 127.0.0.1 and `port`, as a sockaddr_in (ip(7)).
    private static func withAddress(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        let family = UInt16(AF_INET)
        let start = [UInt8(truncatingIfNeeded: family), UInt8(family >> 8), UInt8(port >> 8), UInt8(port & 0xFF)]
        let bytes = start + [127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        return bytes.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) { addresses in
                addresses.baseAddress.map { body($0, socklen_t(bytes.count)) } ?? -1
            }
        }
    }
}
