/// A message of the 3M Standard Interchange Protocol 2.00: two digits that name it, fields of fixed length, and fields
/// that are named by two letters and ended by `|`.
struct SIP2Message {
    /// The longest message, in bytes.
    static let maximumLength = 8192
    /// The byte that ends a message.
    static let terminator: UInt8 = 0x0D

    /// What it holds, without sequence number, checksum and end.
    let bytes: [UInt8]
    /// The sequence number it came with.
    let sequence: UInt8?

    /// The message that came as `bytes`, or `nil` when its checksum, or a missing one where it is needed, says that it
    /// was damaged.
    init?(received bytes: [UInt8], needsChecksum: Bool) {
        let mark = Array("AZ".utf8)
        guard bytes.count >= 9, bytes[(bytes.count - 6)...].starts(with: mark) else {
            guard !needsChecksum, bytes.count >= 2 else { return nil }
            self.bytes = bytes
            sequence = nil
            return
        }
        let summed = bytes.dropLast(4)
        guard String(decoding: bytes.suffix(4), as: UTF8.self).uppercased() == Self.checksum(summed) else { return nil }
        let tail = bytes.dropLast(6).suffix(3)
        guard tail.starts(with: "AY".utf8) else { return nil }
        sequence = tail.last
        self.bytes = Array(bytes.dropLast(9))
    }

    /// Whether `bytes`, which could not be read, were a message once: they begin or end as one.
    static func isDamaged(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(2).allSatisfy { 0x30...0x39 ~= $0 } || bytes.suffix(6).starts(with: "AZ".utf8)
    }

    /// The two digits that name it.
    var code: String { String(decoding: bytes.prefix(2), as: UTF8.self) }

    /// The value of the field `name`, among those that follow `start` bytes of fixed length.
    func field(_ name: String, after start: Int) -> String? {
        bytes.dropFirst(start).split(separator: UInt8(ascii: "|")).first { $0.starts(with: name.utf8) }
            .map { String(decoding: $0.dropFirst(2), as: UTF8.self) }
    }

    /// `text` as it is sent: with `sequence` and a checksum when errors are to be found, and its end.
    static func sent(_ text: String, sequence: Int?) -> [UInt8] {
        guard let sequence else { return Array(text.utf8) + [terminator] }
        let summed = Array("\(text)AY\(sequence)AZ".utf8)
        return summed + Array(checksum(summed[...]).utf8) + [terminator]
    }

    /// The sum of `bytes`, negated, as four hexadecimal digits (SIP 2.00, "Checksum").
    static func checksum(_ bytes: some Sequence<UInt8>) -> String {
        let sum = bytes.reduce(UInt16(0)) { $0 &+ UInt16($1) }
        let digits = String(0 &- sum, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
