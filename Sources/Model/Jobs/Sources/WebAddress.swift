/// An `http` or `https` URL (RFC 3986), read strictly, so that no two readers can disagree about which host it names.
///
/// It holds no user, no password and no fragment, and nothing but the characters that RFC 3986 allows as they are; all
/// others must be percent-encoded.
package struct WebAddress: Sendable, Hashable {
    /// Whether what is sent is encrypted (`https`).
    package let isSecure: Bool
    /// The name or address of the server, in lower case, without the brackets of an IPv6 address.
    package let host: String
    /// The port; 80 or 443 when none is written.
    package let port: Int
    /// The path, percent-encoded, which starts with `/`.
    package var path: String
    /// What follows the first `?`, percent-encoded.
    package var query: String

    /// The address written as `text`.
    ///
    /// - Throws: ``Malformed`` saying what is wrong with it.
    package init(_ text: String) throws(Malformed) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw Malformed("percent-encode spaces (%20), control characters and letters beyond ASCII")
        }
        let scheme = text.prefix { $0 != ":" }
        guard text[scheme.endIndex...].hasPrefix("://"), ["http", "https"].contains(scheme.lowercased()) else {
            throw Malformed("it starts with http:// or https://")
        }
        isSecure = scheme.utf8.count == 5
        let rest = text[scheme.endIndex...].dropFirst(3)
        guard !rest.utf8.contains(UInt8(ascii: "#")) else { throw Malformed("leave out the fragment, from # on") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw Malformed("leave out the user and password before @, and use auth")
        }
        (host, port) = try Self.hostAndPort(authority, defaultPort: isSecure ? 443 : 80)
        let target = rest[authority.endIndex...]
        guard target.utf8.allSatisfy(Self.isAllowedInTarget), Self.isWellEncoded(target) else {
            throw Malformed("percent-encode what RFC 3986 does not allow there, such as | (%7C) or [ (%5B)")
        }
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : String(path)
        query = String(target[path.endIndex...].dropFirst())
    }

    /// Why a text is not a valid URL.
    package struct Malformed: Error, Sendable, Hashable {
        /// What to do about it.
        package let advice: String

        fileprivate init(_ advice: String) {
            self.advice = advice
        }
    }
}

extension WebAddress: CustomStringConvertible {
    /// Host and port, as the `Host` header has them.
    package var authority: String {
        let written = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let shownPort = port == (isSecure ? 443 : 80) ? "" : ":\(port)"
        return written + shownPort
    }

    /// Scheme, host and port, as `http://127.0.0.1:8080`.
    package var server: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// Path and query, as they are sent.
    package var target: String { path + (query.isEmpty ? "" : "?" + query) }

    /// The whole address, as it is sent.
    package var text: String { server + target }

    /// The address without its query, which may hold a secret.
    package var description: String { server + path }
}

extension WebAddress {
    /// The same address with the parameters `parameters` in its query, percent-encoded, each in the place of those that
    /// had its name.
    package func asking(_ parameters: [(name: String, value: String)]) -> WebAddress {
        var address = self
        let names = Set(parameters.map(\.name))
        var parts = query.split(separator: "&").filter { part in
            !names.contains(String(part.prefix { $0 != "=" }))
        }.map(String.init)
        parts += parameters.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }
        address.query = parts.joined(separator: "&")
        return address
    }

    /// Where `location`, the header of a redirect, leads from here (RFC 9110, section 10.2.2).
    ///
    /// - Throws: ``Malformed`` when it is not a valid URL.
    package func following(_ location: String) throws(Malformed) -> WebAddress {
        let location = location.prefix { $0 != "#" }
        if location.hasPrefix("//") { return try WebAddress((isSecure ? "https:" : "http:") + location) }
        if location.hasPrefix("/") { return try WebAddress(server + location) }
        if location.hasPrefix("?") { return try WebAddress(server + path + location) }
        let head = location.prefix { $0 != "/" && $0 != "?" }
        if head.utf8.contains(UInt8(ascii: ":")) { return try WebAddress(String(location)) }
        let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return try WebAddress("\(server)\(directory)/\(location)")
    }
}

extension WebAddress {
    private static func hostAndPort(
        _ authority: Substring, defaultPort: Int
    ) throws(Malformed) -> (host: String, port: Int) {
        var host = authority
        var port = defaultPort
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw Malformed("the host lacks its ]") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            try readPort(authority[authority.index(after: end)...], into: &port)
            guard host.utf8.contains(UInt8(ascii: ":")),
                host.utf8.allSatisfy({ isHexDigit($0) || ":.".utf8.contains($0) })
            else { throw Malformed("in brackets stands an IPv6 address, without a zone") }
        } else {
            host = authority.prefix { $0 != ":" }
            try readPort(authority[host.endIndex...], into: &port)
            guard host.isHostName else {
                throw Malformed("a host is letters, digits, - and . (a name beyond ASCII as xn--…)")
            }
        }
        return (host.lowercased(), port)
    }

    private static func readPort(_ text: Substring, into port: inout Int) throws(Malformed) {
        guard !text.isEmpty else { return }
        let digits = text.dropFirst()
        guard text.hasPrefix(":"), 1...5 ~= digits.utf8.count, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int(digits), 1...65535 ~= number
        else { throw Malformed("after the host comes : and a port from 1 to 65535, or nothing") }
        port = number
    }

    private static func isAllowedInTarget(_ byte: UInt8) -> Bool {
        byte.isUnreserved || "%!$&'()*+,;=:@/?".utf8.contains(byte)
    }

    private static func isWellEncoded(_ text: Substring) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy {
            $0.count >= 2 && $0.prefix(2).allSatisfy(isHexDigit)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool { "0123456789abcdefABCDEF".utf8.contains(byte) }
}

extension StringProtocol {
    /// Whether it is at most 253 letters, digits, `-`, `_` and `.` of ASCII, and at least one, that does not start with
    /// `.` or `-`.
    package var isHostName: Bool {
        let allowed = utf8.allSatisfy { $0.isUnreserved && $0 != UInt8(ascii: "~") }
        return allowed && 1...253 ~= utf8.count && first != "." && first != "-"
    }

    /// The text as a part of a query, with everything but RFC 3986's unreserved characters encoded.
    package var percentEncoded: String {
        var encoded = ""
        for byte in utf8 {
            if byte.isUnreserved {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}

extension UInt8 {
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
