internal import Model

/// What is known of one book after it was verified: one line of the report.
struct VerifyRow: Sendable, Hashable {
    /// The columns of the report.
    static let header = "barcode,status,system_status,title,scanned_times"
    /// How much of a title or of the system's word is kept, in Unicode scalars.
    private static let maximumText = 200

    /// The barcode.
    let barcode: String
    /// What its verification has come to.
    let status: VerifyStatus
    /// The system's own word, or the code of the failure when it did not answer; empty when there is none.
    let systemStatus: String
    /// The title; empty when the system tells none.
    let title: String
    /// How often it was scanned.
    let scannedTimes: Int

    /// The row on `item`, about which the system says `report`.
    init(_ item: VerifyItem, _ report: ItemReport) {
        barcode = item.barcode
        status = VerifyStatus(scanned: item.scannedTimes, system: report.answer)
        systemStatus = report.word.beginning(scalars: Self.maximumText)
        title = report.title.beginning(scalars: Self.maximumText)
        scannedTimes = item.scannedTimes
    }

    /// The row that was written as `line`, or `nil` when it was none.
    init?(line: some StringProtocol) {
        guard let cells = CSVCell.read(line), cells.count == 5, let status = VerifyStatus(rawValue: cells[1]),
            let times = Int(cells[4])
        else { return nil }
        barcode = cells[0]
        self.status = status
        systemStatus = cells[2]
        title = cells[3]
        scannedTimes = times
    }

    /// The row as a line of the report, without its end.
    var line: String {
        [barcode, status.rawValue, systemStatus, title, String(scannedTimes)].map(CSVCell.written).joined(
            separator: ",")
    }

    /// The row as a problem in the result.
    var json: JSONValue {
        [
            "barcode": .string(barcode), "status": .string(status.rawValue),
            "system_status": systemStatus.isEmpty ? .null : .string(systemStatus),
            "title": title.isEmpty ? .null : .string(title),
        ]
    }
}
