extension Duration {
    /// How many days the longest duration has that a job may name: 100 years, far from where instants overflow.
    package static let maximumDays = 36_525
    /// The longest duration that anybody may name.
    package static let longest = Duration.seconds(maximumDays * 86_400)

    private static let secondsPerUnit = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// The duration written as `500ms`, `2s`, `1m30s`, `2h`, `1d` or plain seconds (`1.5`), or `nil`.
    package init?(text: String) {
        if let seconds = Self.plainNumber(text[...]) {
            self.init(checkedSeconds: seconds)
            return
        }
        var rest = text[...]
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Self.plainNumber(digits), let seconds = Self.secondsPerUnit[String(unit)] else {
                return nil
            }
            total += number * seconds
        }
        guard !text.isEmpty else { return nil }
        self.init(checkedSeconds: total)
    }

    /// The duration of `seconds`, or `nil` when that is negative, not finite or longer than a job may name.
    package init?(checkedSeconds seconds: Double) {
        guard seconds >= 0, seconds <= Self.longest.seconds else { return nil }
        // A sum of tenths and thousandths is a hair off; what was written is not.
        self = .microseconds(Int64((seconds * 1_000_000).rounded()))
    }

    private static func plainNumber(_ text: Substring) -> Double? {
        guard text.first?.isNumber == true, text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else {
            return nil
        }
        return Double(text)
    }

    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Seconds with their fraction.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// Seconds as a person writes them: `2` or `0.5`, without a unit, rounded down to a microsecond; read back, it is the
    /// same duration.
    package var secondsText: String {
        let (whole, attoseconds) = components
        // The one before them keeps their leading zeros.
        var digits = String(1_000_000 + attoseconds / 1_000_000_000_000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return digits.isEmpty ? String(whole) : "\(whole).\(digits)"
    }
}
