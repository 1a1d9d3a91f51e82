internal import Glibc

/// An address on the internet, and whether a source may have it.
///
/// A source may stand on this machine or in a private network, where most library systems do. It may not stand where only
/// the machine's own infrastructure answers: whoever may submit a job must not be able to read a cloud's credentials.
struct IPAddress: Hashable {
    /// Its bytes in network order: 4 of them, or 16.
    let bytes: [UInt8]

    /// The address with these bytes.
    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The address written as `text`, or `nil`.
    init?(_ text: String) {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            guard inet_pton(family, text, &bytes) == 1 else { continue }
            self.bytes = bytes
            return
        }
        return nil
    }

    /// The address as it is written.
    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether it is this machine's own (127/8, ::1).
    var isLoopback: Bool {
        let inner = embedded
        return inner.bytes.count == 4 ? inner.bytes[0] == 127 : inner.bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Why no source is asked at this address, or `nil` when one may be.
    var refusal: String? {
        let address = embedded
        for (refused, length, reason) in Self.refused
        where refused.bytes.count == address.bytes.count && address.starts(with: refused, bits: length) {
            return reason
        }
        return nil
    }
}

extension IPAddress {
    /// What is refused, after the IANA registries of special-purpose addresses, and where clouds keep their metadata.
    private static let refused: [(IPAddress, bits: Int, reason: String)] = [
        ("0.0.0.0", 8, "an unspecified address"), ("169.254.0.0", 16, "a link-local address"),
        ("224.0.0.0", 4, "a multicast address"), ("240.0.0.0", 4, "a reserved address"),
        ("100.100.100.200", 32, "a cloud's metadata address"), ("168.63.129.16", 32, "a cloud's metadata address"),
        ("192.0.0.192", 32, "a cloud's metadata address"),
        ("::", 128, "an unspecified address"), ("fe80::", 10, "a link-local address"),
        ("ff00::", 8, "a multicast address"),
        ("fd00:ec2::254", 128, "a cloud's metadata address"), ("fd20:ce::254", 128, "a cloud's metadata address"),
    ].compactMap { text, bits, reason in IPAddress(text).map { ($0, bits, reason) } }

    /// The prefixes behind which an IPv6 address holds an IPv4 address, and where it starts.
    private static let embeddings: [(IPAddress, bits: Int, start: Int)] = [
        ("::ffff:0:0", 96, 12), ("::ffff:0:0:0", 96, 12), ("64:ff9b::", 96, 12), ("2002::", 16, 2),
    ].compactMap { text, bits, start in IPAddress(text).map { ($0, bits, start) } }

    /// The IPv4 address that an IPv6 address stands for (mapped, translated, 6to4, compatible), else itself.
    private var embedded: IPAddress {
        guard bytes.count == 16 else { return self }
        for (prefix, bits, start) in Self.embeddings where starts(with: prefix, bits: bits) {
            return IPAddress(bytes: Array(bytes[start..<start + 4]))
        }
        // ::a.b.c.d (RFC 4291, section 2.5.5.1), which :: and ::1 are not.
        guard bytes[..<12].allSatisfy({ $0 == 0 }), bytes[12] != 0 else { return self }
        return IPAddress(bytes: Array(bytes[12...]))
    }

    private func starts(with prefix: IPAddress, bits: Int) -> Bool {
        (0..<bits).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == prefix.bytes[bit / 8] & mask
        }
    }
}
