internal import Model

/// The colours of a terminal's own palette (ECMA-48, SGR), so that they suit the person's theme.
enum Colour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case faint = "2"
    case bold = "1"

    /// `text` in this colour.
    func paint(_ text: String) -> String {
        "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }

    /// The colour that tells of `state`.
    init(_ state: TaskState) {
        switch state {
        case .held, .queued: self = .faint
        case .running: self = .cyan
        case .succeeded: self = .green
        case .failed: self = .red
        case .cancelled: self = .yellow
        }
    }
}
