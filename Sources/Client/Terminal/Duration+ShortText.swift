internal import Model

extension Duration {
    /// The duration as a person reads it at a glance: `0.25s`, `12.3s`, `2m05s`, `1h02m`, `3d04h`.
    var shortText: String {
        let total = Int64(seconds)
        switch seconds {
        case ..<1: return "\(Self.rounded(seconds, 100))s"
        case ..<60: return "\(Self.rounded(seconds, 10))s"
        case ..<3600: return "\(total / 60)m\(Self.twoDigits(total % 60))s"
        case ..<86_400: return "\(total / 3600)h\(Self.twoDigits(total / 60 % 60))m"
        default: return "\(total / 86_400)d\(Self.twoDigits(total / 3600 % 24))h"
        }
    }

    private static func rounded(_ seconds: Double, _ parts: Double) -> String {
        JSONValue.double((seconds * parts).rounded(.down) / parts).text()
    }

    private static func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
