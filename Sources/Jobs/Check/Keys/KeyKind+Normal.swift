internal import Model

extension KeyKind {
    /// The longest key, in bytes.
    private static let maximumLength = 255

    /// The key that `text` writes, the same however it is written; `nil` when it is no such key.
    func key(in text: some StringProtocol) -> String? {
        switch self {
        case .isbn: return ISBN.digits(in: text)
        case .controlNumber, .barcode:
            let key = text.trimmingSpace
            let isKey = !key.isEmpty && key.utf8.count <= Self.maximumLength
            return isKey && !key.unicodeScalars.contains(where: \.isUnsafeToShow) ? String(key) : nil
        }
    }

    /// Where the key stands in a MARC record when nobody says; `nil` when that is not known.
    var field: MARCKey? {
        switch self {
        case .controlNumber: MARCKey("001")
        case .isbn: MARCKey("020a")
        case .barcode: nil
        }
    }
}
