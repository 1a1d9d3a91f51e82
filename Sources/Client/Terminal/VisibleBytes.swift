internal import Model

/// Makes a stream of bytes safe for a terminal: control characters and what is no UTF-8 become visible, line ends and tabs
/// stay, wherever the packets end.
struct VisibleBytes {
    /// The start of a character whose end has not arrived yet.
    private var incomplete: [UInt8] = []

    /// What to show for `bytes`, and for what was held back before them.
    mutating func show(_ bytes: some Sequence<UInt8>) -> String {
        incomplete.append(contentsOf: bytes)
        let whole = incomplete.count - Self.incompleteSuffix(of: incomplete)
        let shown = Self.shown(incomplete[..<whole])
        incomplete.removeFirst(whole)
        return shown
    }

    /// What to show for bytes that were held back, when no more will arrive.
    mutating func finish() -> String {
        defer { incomplete = [] }
        return Self.shown(incomplete[...])
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        var shown = ""
        var decoder = UTF8()
        var rest = bytes[...]
        var iterator = rest.makeIterator()
        loop: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                rest = rest.dropFirst(UTF8.width(scalar))
                let isPlain = scalar == "\n" || scalar == "\t" || !scalar.isUnsafeToShow
                if isPlain { shown.unicodeScalars.append(scalar) } else { shown += String(Character(scalar)).shown }
            case .error:
                guard let byte = rest.first else { break loop }
                shown += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
                rest = rest.dropFirst()
                decoder = UTF8()
                iterator = rest.makeIterator()
            case .emptyInput: break loop
            }
        }
        return shown
    }

    /// How many bytes at the end may be the start of a character of which more is to come.
    static func incompleteSuffix(of bytes: [UInt8]) -> Int {
        for (back, byte) in bytes.reversed().prefix(3).enumerated() {
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return back < 1 ? back + 1 : 0
            case 0xE0...0xEF: return back < 2 ? back + 1 : 0
            case 0xF0...0xF4: return back < 3 ? back + 1 : 0
            default: return 0
            }
        }
        return 0
    }
}
