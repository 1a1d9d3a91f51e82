internal import Model

/// An International Standard Book Number (ISO 2108), as the 13 digits that all its ways to be written come to.
enum ISBN {
    /// The 13 digits of the number that `text` starts with: hyphens and spaces may stand between its digits, and words such
    /// as `(pbk.)` after it (MARC 21, field 020). `nil` when there is none, or its check digit says that it is a misprint.
    static func digits(in text: some StringProtocol) -> String? {
        let text = text.trimmingSpace
        let end = text.unicodeScalars.firstIndex { !isPart($0) } ?? text.endIndex
        let written = text[..<end]
        // What follows a space may be a price: first the number is looked for before it.
        let first = written.prefix { $0 != " " }
        return thirteen(characters(of: first.unicodeScalars)) ?? thirteen(characters(of: written.unicodeScalars))
    }

    /// The number that ``digits(in:)`` finds, and those that follow it in words of their own, as in a list. Empty when
    /// there is none at the start.
    static func all(in text: some StringProtocol) -> [String] {
        guard let first = digits(in: text) else { return [] }
        let words = text.unicodeScalars.split { $0 == " " || !isPart($0) }
        return [first] + words.compactMap { thirteen(characters(of: $0)) }.filter { $0 != first }
    }

    private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        isHyphen(scalar) || scalar == " " || "0"..."9" ~= scalar || scalar == "X" || scalar == "x"
    }

    /// A hyphen-minus, or one of those that typesetters use: U+2010 to U+2013, U+2212.
    private static func isHyphen(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || "\u{2010}"..."\u{2013}" ~= scalar || scalar == "\u{2212}"
    }

    private static func characters(of text: some Sequence<Unicode.Scalar>) -> [UInt8] {
        text.filter { !isHyphen($0) && $0 != " " }.map { UInt8(ascii: $0) }
    }

    private static func thirteen(_ characters: [UInt8]) -> String? {
        let body = characters.dropLast()
        guard let last = characters.last, body.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        switch characters.count {
        case 10:
            // The digits weigh 10 to 1, and their sum is a multiple of 11; X is a 10.
            let sum = body.enumerated().reduce(0) { $0 + (10 - $1.offset) * Int($1.element - 0x30) }
            let check = (11 - sum % 11) % 11
            guard last == (check == 10 ? UInt8(ascii: "X") : UInt8(0x30 + check)) || (check == 10 && last == 0x78)
            else {
                return nil
            }
            let number = Array("978".utf8) + body
            return String(decoding: number + [checkDigit(number)], as: UTF8.self)
        case 13:
            guard body.starts(with: "978".utf8) || body.starts(with: "979".utf8), last == checkDigit(Array(body)) else {
                return nil
            }
            return String(decoding: characters, as: UTF8.self)
        default: return nil
        }
    }

    /// The digits of an ISBN of 13 weigh 1 and 3 in turn, and their sum is a multiple of 10.
    private static func checkDigit(_ body: [UInt8]) -> UInt8 {
        let sum = body.enumerated().reduce(0) { $0 + ($1.offset % 2 == 0 ? 1 : 3) * Int($1.element - 0x30) }
        return UInt8(0x30 + (10 - sum % 10) % 10)
    }
}
