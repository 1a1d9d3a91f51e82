import Dispatch
import Glibc
import Synchronization

/// A library system on this machine that answers about books through SIP2, without checksums.
final class LibrarySystem: Sendable {
    private struct State {
        var asked: [String] = []
        var codes: Set<String> = []
        var held: String?
        var waiters: [CheckedContinuation<Void, Never>] = []
        var connections: [Int32] = []
    }

    let port: Int
    private let listener: Int32
    private let books: [String: (status: String, title: String)]
    private let state: Mutex<State>

    /// A system that knows `books`, by the two digits of their circulation statuses and their titles.
    ///
    /// - Parameter held: the barcode that it gives no answer about the first time it is asked.
    init(_ books: [String: (status: String, title: String)], holding held: String? = nil) throws {
        self.books = books
        state = Mutex(State(held: held))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw TestFailure.system("a socket") }
        port = Int(UInt16(bigEndian: address.sin_port))
        DispatchQueue(label: "library system").async { self.accept() }
    }

    /// The barcodes it was asked about, in order.
    var asked: [String] { state.withLock(\.asked) }
    /// The codes of all messages it was sent.
    var codes: Set<String> { state.withLock(\.codes) }

    /// Returns when it has been asked about the book it gives no answer about.
    func isHolding() async {
        await withCheckedContinuation { continuation in
            let isHolding = state.withLock { state in
                if state.held != nil { state.waiters.append(continuation) }
                return state.held == nil
            }
            if isHolding { continuation.resume() }
        }
    }

    /// Ends all talks; nobody is answered any more.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.withLock(\.connections) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
            state.withLock { $0.connections.append(connection) }
            DispatchQueue(label: "talk").async { self.talk(connection) }
        }
        close(listener)
    }

    private func talk(_ connection: Int32) {
        var message: [UInt8] = []
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            guard byte == 0x0D else {
                message.append(byte)
                continue
            }
            if let answer = answer(String(decoding: message, as: UTF8.self)) {
                let bytes = Array((answer + "\r").utf8)
                send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
            message = []
        }
        state.withLock { $0.connections.removeAll { $0 == connection } }
        close(connection)
    }

    private func answer(_ message: String) -> String? {
        let barcode = message.split(separator: "|").first { $0.hasPrefix("AB") }.map { String($0.dropFirst(2)) }
        let (isHeld, waiters) = state.withLock { state in
            state.codes.insert(String(message.prefix(2)))
            if let barcode { state.asked.append(barcode) }
            guard barcode != nil, barcode == state.held else { return (false, [CheckedContinuation<Void, Never>]()) }
            state.held = nil
            defer { state.waiters = [] }
            return (true, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        guard !isHeld else { return nil }
        guard let barcode else { return "98YNNNNY03000320261122    2237062.00AOMAIN|BXNNNNYYNNNNYNNNNN|" }
        let book = books[barcode]
        return "18\(book?.status ?? "01")000120261122    223706AB\(barcode)|AJ\(book?.title ?? "")|"
    }
}
