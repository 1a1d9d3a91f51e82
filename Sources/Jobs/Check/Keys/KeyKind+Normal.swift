internal import Model

extension KeyKind {
    /// The longest key, in bytes.
    private static let maximumLength = 255

    /// What stands where bytes were no text in UTF-8. Different keys of another encoding would be one with it.
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// The keys that `text` writes, the same however they are written; none when it is no such key. Only ISBNs may stand
    /// several in one place.
    func keys(in text: some StringProtocol) -> [String] {
        switch self {
        case .isbn: return ISBN.all(in: text)
        case .controlNumber, .barcode:
            let key = text.trimmingSpace
            let isKey = !key.isEmpty && key.utf8.count <= Self.maximumLength
            let isReadable = !key.unicodeScalars.contains { $0.isUnsafeToShow || $0 == Self.replacement }
            return isKey && isReadable ? [String(key)] : []
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
