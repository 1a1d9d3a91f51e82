/// Writes metrics as Prometheus' text format has them (exposition format 0.0.4).
struct Exposition {
    /// The kinds of metrics that are written.
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    /// The names and values that tell series of one metric apart.
    typealias Labels = [(String, String)]

    /// The media type of the text.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Begins a metric; its samples follow.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes one sample of the metric begun last.
    mutating func sample(_ name: String, _ value: Double, _ labels: Labels = []) {
        let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1, isLabel: true))\"" }.joined(separator: ",")
        text += labels.isEmpty ? name : "\(name){\(list)}"
        text += " \(Self.number(value))\n"
    }

    /// Writes a metric that has one sample alone.
    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        begin(name, .gauge, help)
        sample(name, value)
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String, isLabel: Bool = false) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where isLabel: escaped += "\\\""
            default: escaped.append(character)
            }
        }
        return escaped
    }
}

extension Exposition {
    /// Writes one series of a histogram.
    ///
    /// - Parameter counts: how many values each bucket took, the last those beyond all bounds.
    mutating func histogram(
        _ name: String, _ labels: Labels, buckets: [Double], counts: [UInt64], sum: Double
    ) {
        var total: UInt64 = 0
        for (bound, count) in zip(buckets + [.infinity], counts) {
            total += count
            sample(name + "_bucket", Double(total), labels + [("le", Self.number(bound))])
        }
        sample(name + "_sum", sum, labels)
        sample(name + "_count", Double(total), labels)
    }
}
