internal import Model

/// The MARC field, and the subfield of it, that a record must have to be counted.
struct MARCKey: Hashable {
    /// The three bytes of the tag.
    let tag: [UInt8]
    /// The code of the subfield; `nil` when the field alone is asked for.
    let subfield: UInt8?

    /// The key written as `001`, `245` or `020a` (`020$a` is the same), or `nil` when `text` is none of that kind.
    init?(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.count == 5, bytes[3] == UInt8(ascii: "$") { bytes.remove(at: 3) }
        guard 3...4 ~= bytes.count, bytes.allSatisfy(Self.isLetterOrDigit) else { return nil }
        tag = Array(bytes.prefix(3))
        subfield = bytes.count == 4 ? bytes[3] : nil
        // The control fields 001 to 009 have no subfields (MARC 21 Specifications, "Variable control fields").
        guard subfield == nil || !tag.starts(with: [0x30, 0x30]) else { return nil }
    }

    /// The key written as `text`, or `nil` when nothing is.
    ///
    /// - Throws: ``SourceError`` with the code `config` when it names no MARC field.
    static func named(_ text: String?) throws(SourceError) -> MARCKey? {
        guard let text else { return nil }
        guard let key = MARCKey(text) else {
            throw SourceError(
                .config,
                "key: \(JSONValue(text).text()) names no MARC field; write a tag, as 001, or one with a subfield, as 020a"
            )
        }
        return key
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    /// What `content`, all bytes of a field with this tag, has where this key points, as text.
    func values(in content: Slice<UnsafeRawBufferPointer>) -> [String] {
        let content = content.prefix { $0 != MARCRecord.fieldTerminator }
        guard let subfield else { return [String(decoding: content, as: UTF8.self)] }
        return content.split(separator: 0x1F).dropFirst(content.first == 0x1F ? 0 : 1).filter { $0.first == subfield }
            .map { String(decoding: $0.dropFirst(), as: UTF8.self) }
    }

    /// Whether `content`, all bytes of a field with this tag, holds what is asked for.
    func isPresent(in content: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let subfield else { return content.contains { $0 > 0x20 } }
        var rest = content
        while let delimiter = rest.firstIndex(of: 0x1F) {
            rest = rest[(delimiter + 1)...]
            guard rest.first == subfield else { continue }
            if rest.dropFirst().prefix(while: { $0 != 0x1F }).contains(where: { $0 > 0x20 }) { return true }
        }
        return false
    }
}
