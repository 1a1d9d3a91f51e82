/// Writes JSON text from a ``JSONValue``.
package struct JSONWriter {
    /// How the text is laid out.
    package enum Style: Sendable {
        /// No white space at all: for the wire and the store.
        case compact
        /// One line with a space after each comma and colon: for people.
        case spaced
        /// One member a line, indented by two spaces: for people reading something long.
        case indented
    }

    private let style: Style
    private var text: [UInt8] = []

    private init(style: Style) {
        self.style = style
    }

    /// The text of `value` as UTF-8.
    package static func bytes(_ value: JSONValue, style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(value, depth: 0)
        return writer.text
    }

    private mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .int(let value): append(String(value))
        case .double(let value): append(value.isFinite ? Self.shortest(value) : "null")
        case .string(let value): write(value)
        case .array(let elements):
            list(open: "[", close: "]", elements, depth: depth) { writer, element in
                writer.write(element, depth: depth + 1)
            }
        case .object(let members):
            list(open: "{", close: "}", members, depth: depth) { writer, member in
                writer.write(member.key)
                writer.append(writer.style == .compact ? ":" : ": ")
                writer.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func list<Elements: Collection>(
        open: String, close: String, _ elements: Elements, depth: Int,
        _ each: (inout JSONWriter, Elements.Element) -> Void
    ) {
        append(open)
        var isFirst = true
        for element in elements {
            if !isFirst { append(style == .spaced ? ", " : ",") }
            isFirst = false
            newLine(depth: depth + 1)
            each(&self, element)
        }
        if !isFirst { newLine(depth: depth) }
        append(close)
    }

    private mutating func newLine(depth: Int) {
        guard style == .indented else { return }
        text.append(0x0A)
        text.append(contentsOf: repeatElement(0x20, count: depth * 2))
    }

    private mutating func append(_ string: String) {
        var string = string
        string.withUTF8 { text.append(contentsOf: $0) }
    }

    /// Control characters, DEL, C1 and the bidirectional controls are escaped, so that the text may be shown anywhere.
    private mutating func write(_ string: String) {
        text.append(UInt8(ascii: "\""))
        defer { text.append(UInt8(ascii: "\"")) }
        guard !appendPlain(string) else { return }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case let scalar where scalar.isUnsafeToShow: escape(scalar)
            default: text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// Appends a string that is what it is, as most are: names, states and times; answers whether it was one.
    private mutating func appendPlain(_ string: String) -> Bool {
        var string = string
        return string.withUTF8 { bytes in
            let isPlain = bytes.allSatisfy {
                0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            if isPlain { text.append(contentsOf: bytes) }
            return isPlain
        }
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }

    /// Swift prints the shortest digits that read back as the same double; whole ones lose their `.0` and zero its sign, as
    /// in JavaScript.
    private static func shortest(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let digits = value.description
        return digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
    }
}

extension JSONValue {
    /// The text of this value.
    package func text(_ style: JSONWriter.Style = .compact) -> String {
        String(decoding: JSONWriter.bytes(self, style: style), as: UTF8.self)
    }
}
