/// A row of numbers as a row of characters, one each, the higher the greater.
struct Sparkline {
    /// The characters of a terminal, from low to high, and those for what is no number.
    struct Alphabet {
        let levels: [Character]
        let gap: Character
        let warning: Character

        /// Blocks, where the terminal shows Unicode.
        static let blocks = Alphabet(levels: Array("▁▂▃▄▅▆▇█"), gap: "·", warning: "!")
        /// What every terminal shows.
        static let ascii = Alphabet(levels: Array("_,-~=+*#"), gap: ".", warning: "!")
    }

    /// What stands at one place.
    enum Point: Sendable, Hashable {
        case number(Int64)
        /// A number that is not to be trusted, and not drawn to scale.
        case warning
        case gap
        /// Nothing was asked.
        case nothing
    }

    let points: [Point]

    /// The last `width` points, drawn so that the least number has the lowest character and the greatest the highest.
    func text(width: Int, _ alphabet: Alphabet) -> String {
        let shown = points.suffix(width)
        let numbers = shown.compactMap { point in
            if case .number(let number) = point { number } else { nil }
        }
        guard let least = numbers.min(), let greatest = numbers.max() else {
            return String(shown.map { Self.character($0, level: 0, alphabet) })
        }
        let range = Double(greatest) - Double(least)
        return String(
            shown.map { point in
                guard case .number(let number) = point, range > 0 else {
                    return Self.character(point, level: alphabet.levels.count / 2 - 1, alphabet)
                }
                let part = (Double(number) - Double(least)) / range
                return Self.character(point, level: Int(part * Double(alphabet.levels.count - 1) + 0.5), alphabet)
            })
    }

    private static func character(_ point: Point, level: Int, _ alphabet: Alphabet) -> Character {
        switch point {
        case .number: alphabet.levels[level]
        case .warning: alphabet.warning
        case .gap: alphabet.gap
        case .nothing: " "
        }
    }
}
