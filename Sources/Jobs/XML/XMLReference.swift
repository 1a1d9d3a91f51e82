/// The references of XML: to a character by its number, and to the five entities that need no declaration.
enum XMLReference {
    private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    /// The longest reference that is looked for, as long as `#1114111` or `#x0010FFFF`.
    private static let maximumLength = 12

    /// `text` with its references replaced by what they stand for, or `nil` when one stands for nothing.
    static func replaced(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.contains(UInt8(ascii: "&")) else { return text }
        var replaced: [UInt8] = []
        replaced.reserveCapacity(text.count)
        var rest = text
        while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
            replaced.append(contentsOf: rest[..<ampersand])
            rest = rest[(ampersand + 1)...]
            guard let end = rest.prefix(maximumLength).firstIndex(of: UInt8(ascii: ";")),
                let meaning = meaning(of: String(decoding: rest[..<end], as: UTF8.self))
            else { return nil }
            replaced.append(contentsOf: meaning.utf8)
            rest = rest[(end + 1)...]
        }
        replaced.append(contentsOf: rest)
        return replaced[...]
    }

    private static func meaning(of name: String) -> String? {
        guard name.hasPrefix("#") else { return entities[name] }
        let digits = name.dropFirst()
        guard !digits.utf8.contains(UInt8(ascii: "+")) else { return nil }
        let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number >= 0x20 || [0x09, 0x0A, 0x0D].contains(number) else { return nil }
        return Unicode.Scalar(number).map { String(Character($0)) }
    }
}
