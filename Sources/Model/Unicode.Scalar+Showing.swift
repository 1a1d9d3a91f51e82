extension Unicode.Scalar {
    /// Whether showing this scalar could move a cursor, colour a terminal, forge a line or reorder the text around it:
    /// C0, DEL and C1 controls, line and paragraph separators, and the bidirectional controls of Unicode UAX #9.
    package var isUnsafeToShow: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        case 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }
}

extension String {
    /// The text with every scalar that is unsafe to show written as an escape, so that it fits on one line anywhere.
    package var shown: String {
        guard unicodeScalars.contains(where: \.isUnsafeToShow) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case let scalar where scalar.isUnsafeToShow: shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
