/// A book that is to be verified.
struct VerifyItem: Sendable, Hashable {
    /// Its barcode.
    let barcode: String
    /// How often it was scanned; 0 for one that is expected and was not.
    let scannedTimes: Int
}

extension VerifyItem {
    /// The most books of one verification.
    static let maximum = 1_000_000

    /// The books to verify, each once: those expected, in the order of the shelf, then those scanned that nobody expected.
    ///
    /// - Throws: ``SourceError`` with `too_large` when they are more than ``maximum``.
    static func all(scanned: [String], expected: [String]) throws(SourceError) -> [VerifyItem] {
        var seen: Set<String> = []
        var barcodes: [String] = []
        for list in [expected, scanned] {
            for barcode in list where seen.insert(barcode).inserted {
                guard barcodes.count < maximum else {
                    throw SourceError(
                        .tooLarge,
                        "the lists have more than \(maximum) books, the most of one verification; divide them")
                }
                barcodes.append(barcode)
            }
        }
        var times: [String: Int] = [:]
        for barcode in scanned { times[barcode, default: 0] += 1 }
        return barcodes.map { VerifyItem(barcode: $0, scannedTimes: times[$0] ?? 0) }
    }

    /// The book as a line of the list that a verification keeps, without its end.
    var line: String { "\(scannedTimes) \(barcode)" }

    /// The book that was written as `line`, or `nil` when it was none.
    init?(line: some StringProtocol) {
        let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, let times = Int(words[0]), times >= 0, !words[1].isEmpty else { return nil }
        self.init(barcode: String(words[1]), scannedTimes: times)
    }
}
