internal import Model

/// A talk with a library system over SIP2 in which nothing is changed: a login (93), its state (99) and items (17) are
/// all that is ever asked.
struct SIP2Session {
    private let connection: SIP2Connection
    private let access: SIP2Access
    private let clock: any Clock<Duration>
    private var sequence = 0

    /// A session on `connection`.
    init(_ connection: SIP2Connection, access: SIP2Access, clock: any Clock<Duration>) {
        self.connection = connection
        self.access = access
        self.clock = clock
    }

    /// Ends it; returns when the connection is closed.
    func close() async {
        await connection.close()
    }

    /// Logs `user` in.
    mutating func logIn(_ user: String, password: String) async throws(SourceError) {
        let answer = try await ask("9300CN\(user)|CO\(password)|", expecting: "94")
        guard answer.bytes.dropFirst(2).first == UInt8(ascii: "1") else {
            throw SourceError(.auth, "refuses the login; check login")
        }
    }

    /// Makes sure that the system is there and answers about items.
    mutating func requireReady() async throws(SourceError) {
        let answer = try await ask("9900302.00", expecting: "98")
        guard answer.bytes.dropFirst(2).first == UInt8(ascii: "Y") else {
            throw SourceError(.diagnostic, "says that it is off line; ask again later", isRetryable: true)
        }
        // BX names the messages it supports, by Y and N; the eleventh is Item Information.
        guard let supported = answer.field("BX", after: 36)?.utf8, supported.count > 10 else { return }
        guard Array(supported)[10] == UInt8(ascii: "Y") else {
            throw SourceError(.config, "says that it does not answer about items; it must be allowed there")
        }
    }

    /// The state of the item with `barcode`, or `nil` when the system knows none.
    mutating func item(_ barcode: String) async throws(SourceError) -> SIP2Item? {
        let request = "17\(Self.now)AO\(access.institution)|AB\(barcode)|"
        let answer = try await ask(request, expecting: "18")
        guard let item = SIP2Item(answer) else {
            throw SourceError(.unexpectedDocument, "gives item \(barcode) no circulation status")
        }
        guard item.barcode == barcode else {
            throw SourceError(.inconsistent, "answers about item \(item.barcode.excerpt) when asked about \(barcode)")
        }
        return item.isKnown ? item : nil
    }

    /// Asks once, and once more when question or answer was damaged on the way.
    private mutating func ask(_ text: String, expecting code: String) async throws(SourceError) -> SIP2Message {
        for _ in 0..<2 {
            let sent = access.detectsErrors ? sequence : nil
            sequence = (sequence + 1) % 10
            let message = SIP2Message.sent(text, sequence: sent)
            let bytes = try await within(access.timeout, clock) { [connection] () throws(SourceError) in
                try await connection.ask(message)
            }
            guard let answer = SIP2Message(received: bytes, needsChecksum: access.detectsErrors) else {
                guard SIP2Message.isDamaged(bytes) else { throw .foreign(bytes) }
                continue
            }
            guard answer.code != "96" else { continue }
            guard answer.code == code, sent == nil || answer.sequence == sent.map({ UInt8(ascii: "0") + UInt8($0) })
            else {
                throw SourceError(
                    .unexpectedDocument, "answers \"\(answer.code.excerpt)\" where \(code) is expected; check port")
            }
            return answer
        }
        throw SourceError(
            .inconsistent, "question or answer was damaged twice on the way; try error_detection: false",
            isRetryable: true)
    }

    /// The time as SIP2 writes it: `YYYYMMDD`, four blanks, `HHMMSS`.
    private static var now: String {
        let digits = Timestamp.now().description.filter(\.isNumber)
        return "\(digits.prefix(8))    \(digits.dropFirst(8).prefix(6))"
    }
}
