/// What stands between `<` and `>` of a start tag.
struct XMLTag {
    /// The most attributes that are read, far more than any document of a library has.
    private static let maximumAttributes = 100

    /// The element's name, as written.
    let name: [UInt8]
    /// The attributes by their names without prefixes; those that declare namespaces are left out.
    let attributes: XMLAttributes
    /// Whether the element ends here (`<a/>`).
    let isEmpty: Bool

    /// The tag written as `bytes`, or `nil` when it is none.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        isEmpty = rest.last == UInt8(ascii: "/")
        if isEmpty { rest.removeLast() }
        guard let first = rest.first, Self.isNameStart(first) else { return nil }
        name = Array(rest.prefix(while: Self.isNamePart))
        rest = rest.dropFirst(name.count)
        var attributes = XMLAttributes()
        var seen: [ArraySlice<UInt8>] = []
        while let next = rest.first {
            guard Self.isSpace(next) else { return nil }
            rest = rest.drop(while: Self.isSpace)
            guard !rest.isEmpty else { break }
            guard let (key, value) = Self.takeAttribute(from: &rest) else { return nil }
            guard seen.count < Self.maximumAttributes, !seen.contains(key) else { return nil }
            seen.append(key)
            guard !key.starts(with: Self.declaration) else { continue }
            let local = Self.localName(of: key)
            attributes.add(String(decoding: local, as: UTF8.self), value, hasPrefix: local.count < key.count)
        }
        self.attributes = attributes
    }

    /// The element's name without its prefix.
    var localName: String { String(decoding: Self.localName(of: name[...]), as: UTF8.self) }

    /// What follows the prefix of `name`.
    static func localName(of name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        name.firstIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
    }

    /// Whether a name may start with `byte`; beyond ASCII any letter is taken.
    static func isNameStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...:
            true
        default: false
        }
    }

    /// Whether `byte` is white space in XML.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// What the names of attributes that declare namespaces start with.
    private static let declaration = Array("xmlns".utf8)

    private static func isNamePart(_ byte: UInt8) -> Bool {
        isNameStart(byte) || 0x30...0x39 ~= byte || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private static func takeAttribute(from rest: inout ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, value: String)? {
        guard let first = rest.first, isNameStart(first) else { return nil }
        let name = rest.prefix(while: isNamePart)
        rest = rest.dropFirst(name.count).drop(while: isSpace)
        guard rest.popFirst() == UInt8(ascii: "=") else { return nil }
        rest = rest.drop(while: isSpace)
        guard let quote = rest.popFirst(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let end = rest.firstIndex(of: quote), let bytes = XMLReference.replaced(in: rest[..<end]),
            let value = String(validating: bytes, as: UTF8.self)
        else { return nil }
        rest = rest[(end + 1)...]
        return (name, value)
    }
}
