internal import Model

/// A place in a JSON document, such as `/hits/total` (RFC 6901).
struct JSONPointer: Hashable {
    private let tokens: [String]

    /// The pointer written as `text`, or `nil` when it neither is empty nor starts with `/`, or holds a `~` that is not
    /// part of `~0` or `~1`.
    init?(_ text: String) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for token in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard let unescaped = Self.unescape(token) else { return nil }
            tokens.append(unescaped)
        }
        self.tokens = tokens
    }

    /// What stands at this place of `document`, or `nil` when it has no such place.
    func value(in document: JSONValue) -> JSONValue? {
        var value = document
        for token in tokens {
            guard let next = Self.member(token, of: value) else { return nil }
            value = next
        }
        return value
    }

    /// Whether this place of `document` would be in a list that is empty: of what was asked for there is none.
    func leadsIntoEmptyList(in document: JSONValue) -> Bool {
        var value = document
        for token in tokens {
            if value == .array([]) { return true }
            guard let next = Self.member(token, of: value) else { return false }
            value = next
        }
        return false
    }

    /// How many elements the list has of which this place of `document` is in the first, where it has several: whoever asked
    /// about one thing was answered about others too.
    func countOfSeveral(in document: JSONValue) -> Int? {
        var value = document
        for token in tokens {
            if token == "0", let elements = value.arrayValue, elements.count > 1 { return elements.count }
            guard let next = Self.member(token, of: value) else { return nil }
            value = next
        }
        return nil
    }

    private static func member(_ token: String, of value: JSONValue) -> JSONValue? {
        guard case .array(let elements) = value else { return value[token] }
        // RFC 6901 section 4: digits without leading zeros; `-` names the element after the last, which is none.
        guard !token.isEmpty, token.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), token == "0" || !token.hasPrefix("0"),
            let index = Int(token), index < elements.count
        else { return nil }
        return elements[index]
    }

    private static func unescape(_ token: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in token {
            switch (isEscaped, byte) {
            case (true, UInt8(ascii: "0")): bytes.append(UInt8(ascii: "~"))
            case (true, UInt8(ascii: "1")): bytes.append(UInt8(ascii: "/"))
            case (true, _): return nil
            case (false, UInt8(ascii: "~")): break
            case (false, _): bytes.append(byte)
            }
            isEscaped = !isEscaped && byte == UInt8(ascii: "~")
        }
        return isEscaped ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
