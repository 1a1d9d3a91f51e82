import Dispatch
import Glibc
import Synchronization

/// A server on a real TCP socket of this machine. Each connection is served by a thread of its own.
final class LocalServer: Sendable {
    let port: Int
    private let listener: Int32
    private let serve: @Sendable (LocalConnection) -> Void
    private let state = Mutex((connections: [Int32](), threads: 0, isStopped: false))
    private let threads = DispatchGroup()

    init(_ serve: @escaping @Sendable (LocalConnection) -> Void) {
        self.serve = serve
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        precondition(isBound, "a socket of this machine can be bound")
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        threads.enter()
        DispatchQueue(label: "accept").async { self.accept() }
    }

    /// Ends all connections; returns when nothing is served any more.
    func stop() async {
        shutdown(listener, Int32(SHUT_RDWR))
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
        await withCheckedContinuation { continuation in
            threads.notify(queue: DispatchQueue(label: "stopped")) { continuation.resume() }
        }
        for connection in state.withLock({ $0.connections }) { close(connection) }
    }

    private func accept() {
        while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
            let isStopped = state.withLock { state in
                state.connections.append(connection)
                return state.isStopped
            }
            guard !isStopped else { break }
            threads.enter()
            DispatchQueue(label: "connection").async {
                self.serve(LocalConnection(descriptor: connection))
                shutdown(connection, Int32(SHUT_RDWR))
                self.threads.leave()
            }
        }
        close(listener)
        threads.leave()
    }
}

/// One connection to a ``LocalServer``, used by one thread.
struct LocalConnection {
    let descriptor: Int32

    /// What comes in until `end`, which is included; less when the other side closes.
    func read(until end: String) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(end.utf8.count).elementsEqual(end.utf8), recv(descriptor, &byte, 1, 0) == 1 {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Returns when the other side has closed.
    func waitForEnd() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }
}
