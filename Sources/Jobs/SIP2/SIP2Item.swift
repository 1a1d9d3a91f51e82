/// What a library system knows of one item.
struct SIP2Item {
    /// The circulation statuses of SIP 2.00, by their numbers from 1.
    private static let statuses = [
        "other", "on_order", "available", "charged", "charged_until_recall", "in_process", "recalled", "on_hold_shelf",
        "to_be_reshelved", "in_transit", "claimed_returned", "lost", "missing",
    ]
    /// The bytes of fixed length: the code, three numbers of two digits, a date.
    private static let fixedLength = 26

    /// The barcode.
    let barcode: String
    /// What is the case with it, such as `available`.
    let status: String
    /// Whether there is such an item. SIP2 has no word for no: systems answer with status 01 and an empty title.
    let isKnown: Bool
    /// Its title; empty when the system tells none.
    let title: String

    /// The item that `message`, an Item Information Response, is about, or `nil` when it cannot be read.
    init?(_ message: SIP2Message) {
        let digits = message.bytes.dropFirst(2).prefix(2)
        guard message.bytes.count >= Self.fixedLength, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int(String(decoding: digits, as: UTF8.self)), number > 0,
            let barcode = message.field("AB", after: Self.fixedLength)
        else { return nil }
        self.barcode = barcode
        status = number <= Self.statuses.count ? Self.statuses[number - 1] : "status_\(number)"
        title = message.field("AJ", after: Self.fixedLength) ?? ""
        isKnown = number != 1 || !title.isEmpty
    }
}
