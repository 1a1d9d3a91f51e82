/// Reads one JSON document (RFC 8259) strictly: no trailing text, no repeated keys, no invalid UTF-8, bounded depth.
package struct JSONParser {
    /// How deeply lists and objects may nest before a document is refused; it bounds the stack a document can use.
    package static let maximumDepth = 256
    /// The same for what a daemon answers, which is around values that it has read.
    package static let maximumReplyDepth = maximumDepth + 16

    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var position = 0

    private init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// The value written in `bytes`.
    ///
    /// - Parameter allowsByteOrderMark: whether one may come first, which files have and RFC 8259 (section 8.1) forbids to send.
    /// - Throws: ``InvalidInput`` with the line and column of the first byte that is not JSON.
    package static func parse(
        _ bytes: [UInt8], maximumDepth: Int = maximumDepth, allowsByteOrderMark: Bool = false
    ) throws(InvalidInput) -> JSONValue {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        if allowsByteOrderMark, bytes.starts(with: UTF8.byteOrderMark) { parser.position = UTF8.byteOrderMark.count }
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("more text after the end of the value") }
        return value
    }

    /// The value written in `text`.
    ///
    /// - Throws: ``InvalidInput`` as ``parse(_:maximumDepth:allowsByteOrderMark:)`` does.
    package static func parse(_ text: String) throws(InvalidInput) -> JSONValue {
        try parse(Array(text.utf8))
    }
}

extension JSONParser {
    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(InvalidInput) -> JSONValue {
        guard depth < maximumDepth else { throw failure("nested deeper than \(maximumDepth) levels") }
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
        case .some: throw failure("expected a value")
        case .none: throw failure("the text ends where a value should be")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(InvalidInput) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { end <= bytes.count && bytes[position..<end].elementsEqual($0) }
        guard matches else { throw failure("expected \(word)") }
        position = end
        return value
    }

    private mutating func array(depth: Int) throws(InvalidInput) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("expected , or ] in a list") }
        return .array(elements)
    }

    private mutating func object(depth: Int) throws(InvalidInput) -> JSONValue {
        position += 1
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("expected : after a key") }
            skipSpace()
            let member = try value(depth: depth + 1)
            guard members.updateValue(member, forKey: key) == nil else {
                throw failure("the key \"\(key)\" occurs twice in one object")
            }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("expected , or } in an object") }
        return .object(members)
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(InvalidInput) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            let text = try decoded(bytes[start..<position])
            position += 1
            return text
        }
        return try escapedString(prefix: Array(bytes[start..<position]))
    }

    private mutating func escapedString(prefix: [UInt8]) throws(InvalidInput) -> String {
        var text = prefix
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try decoded(text[...])
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw failure("a control character in a string must be escaped", back: 1)
            default: text.append(byte)
            }
        }
        throw failure("a string is not closed")
    }

    private mutating func escape(into text: inout [UInt8]) throws(InvalidInput) {
        guard let byte = current else { throw failure("a string is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try escapedScalar()).utf8))
        default: throw failure("unknown escape in a string", back: 1)
        }
    }

    private mutating func escapedScalar() throws(InvalidInput) -> Character {
        let first = try hexadecimalUnit()
        guard UTF16.isLeadSurrogate(first) || UTF16.isTrailSurrogate(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw failure("invalid \\u escape") }
            return Character(scalar)
        }
        guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("a \\u escape holds half of a surrogate pair")
        }
        let second = try hexadecimalUnit()
        guard UTF16.isTrailSurrogate(second) else { throw failure("a \\u escape holds half of a surrogate pair") }
        return Character(UTF16.decode(UTF16.EncodedScalar([first, second])))
    }

    private mutating func hexadecimalUnit() throws(InvalidInput) -> UInt16 {
        guard position + 4 <= bytes.count else { throw failure("a \\u escape needs four hexadecimal digits") }
        var unit: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("a \\u escape needs four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
        }
        position += 4
        return unit
    }

    private func decoded(_ slice: ArraySlice<UInt8>) throws(InvalidInput) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw failure("a string is not valid UTF-8") }
        return text
    }
}

// MARK: - Numbers

extension JSONParser {
    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        return position - start
    }

    private mutating func number() throws(InvalidInput) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let leadingZero = current == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits == 1 || (digits > 1 && !leadingZero) else { throw failure("not a number") }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            guard skipDigits() > 0 else { throw failure("expected a digit after the point of a number") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            guard skipDigits() > 0 else { throw failure("expected a digit in the exponent of a number") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw failure("the number \(text) is out of range") }
        return .double(value)
    }
}

extension JSONParser {
    private func failure(_ message: String, back: Int = 0) -> InvalidInput {
        let before = bytes[..<(position - back)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return InvalidInput(code: .syntax, path: "", message: "not JSON at line \(line), column \(column): \(message)")
    }
}
