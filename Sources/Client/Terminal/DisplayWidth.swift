internal import Model

extension String {
    /// How many columns a terminal uses for the text, which holds no control characters.
    var displayWidth: Int {
        if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.count }
        return reduce(0) { $0 + $1.displayWidth }
    }

    /// How many Unicode scalars a column may take: more than any script needs, and not as many as somebody likes.
    private static let scalarsPerColumn = 16

    /// The text, cut so that it fits into `width` columns, with an ellipsis where something is missing.
    func truncated(toWidth width: Int) -> String {
        let text = beginning(scalars: Self.scalarsPerColumn * max(width, 0))
        guard displayWidth > width || text.utf8.count < utf8.count else { return self }
        guard width > 0 else { return "" }
        var kept = ""
        var used = 1
        for character in text {
            used += character.displayWidth
            if used > width { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// The text with spaces after it, so that it fills `width` columns.
    func padded(toWidth width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - displayWidth))
    }

    /// The text with spaces before it, so that it fills `width` columns.
    func rightAligned(toWidth width: Int) -> String {
        String(repeating: " ", count: max(0, width - displayWidth)) + self
    }
}

extension Character {
    /// How many columns a terminal uses for the character: a cluster is as wide as its widest scalar.
    var displayWidth: Int {
        if isASCII { return 1 }
        return unicodeScalars.reduce(0) { Swift.max($0, $1.displayWidth) }
    }
}

extension Unicode.Scalar {
    /// The blocks that are Wide or Fullwidth in Unicode's EastAsianWidth.txt (UAX #11), emoji aside.
    private static let wideBlocks: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x20000...0x3FFFD,
    ]

    fileprivate var displayWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if properties.isEmojiPresentation { return 2 }
        return Self.wideBlocks.contains { $0.contains(value) } ? 2 : 1
    }
}
