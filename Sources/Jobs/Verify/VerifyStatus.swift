internal import Model

/// What the verification of one book has come to.
enum VerifyStatus: String, Sendable, Hashable, CaseIterable {
    /// It stands where it should.
    case okOnShelf = "ok_on_shelf"
    /// It is with a reader, as the system says.
    case okCheckedOut = "ok_checked_out"
    /// It does not stand there, and the system knows that it is gone.
    case missing
    /// It stands there, and the system believes it to be with a reader.
    case onShelfButCheckedOut = "on_shelf_but_checked_out"
    /// It stands there, and the system believes it to be lost or missing.
    case onShelfButLost = "on_shelf_but_lost"
    /// The system says that it is on its way.
    case inTransit = "in_transit"
    /// The system has no such book.
    case unknownBarcode = "unknown_barcode"
    /// It stands where it should, and was scanned more than once: twice by mistake, or two books have one barcode.
    case scannedTwice = "scanned_twice"
    /// It should stand there, was not scanned, and the system knows no reason why.
    case notScanned = "not_scanned"
    /// The system did not say.
    case unverifiable
}

extension VerifyStatus {
    /// What it comes to when a book was scanned so often and the system answers so. One that was not scanned is looked for
    /// because it is expected.
    init(scanned times: Int, system answer: ItemAnswer) {
        let isScanned = times > 0
        self =
            switch answer {
            case .unclear: .unverifiable
            case .unknown: .unknownBarcode
            case .known(.inTransit): .inTransit
            case .known(.lost), .known(.missing): isScanned ? .onShelfButLost : .missing
            case .known(.onLoan): isScanned ? .onShelfButCheckedOut : .okCheckedOut
            case .known(.onShelf): times > 1 ? .scannedTwice : isScanned ? .okOnShelf : .notScanned
            }
    }

    /// Whether nobody has to do anything about it.
    var isFine: Bool { self == .okOnShelf || self == .okCheckedOut }
}
