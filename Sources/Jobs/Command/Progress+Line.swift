package import Model

extension Progress {
    /// What `lines` tell together of a command that has told nothing yet, the latest ``maximumLines`` of them; `nil` when none of
    /// them tells anything.
    init?(of lines: some BidirectionalCollection<UInt8>) {
        var sum: Progress?
        for line in lines.split(separator: UInt8(ascii: "\n")).suffix(Self.maximumLines) {
            guard let progress = Progress(line: line) else { continue }
            sum = (sum ?? .none(inUnitsOf: progress)).advanced(to: progress)
        }
        guard let sum else { return nil }
        self = sum
    }

    /// How many lines that come at once are read, so that a command that tells without end holds up no other.
    package static let maximumLines = 256

    /// The progress told by a line `PERCENT [message]`, such as `40`, `40%` or `40.5 sorting`; `nil` for anything else.
    package init?(line: some Collection<UInt8>) {
        // Scalar by scalar: a combining character after a space makes one Character with it.
        let text = String(decoding: line, as: UTF8.self).unicodeScalars
        let words = text.split(
            maxSplits: 1, omittingEmptySubsequences: true, whereSeparator: " \t\r".unicodeScalars.contains)
        guard var number = words.first else { return nil }
        if number.last == "%" { number.removeLast() }
        guard number.allSatisfy({ "0"..."9" ~= $0 || $0 == "." }), let percent = Double(String(number)),
            0...100 ~= percent
        else { return nil }
        let rest = words.count > 1 ? words[1].drop { $0 == " " || $0 == "\t" } : "".unicodeScalars[...]
        let message = rest.last == "\r" ? rest.dropLast() : rest
        self.init(completed: percent, total: 100, message: message.isEmpty ? nil : String(message))
    }
}
