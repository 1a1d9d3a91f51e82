/// A library system asked through SIP2: how many of a list of barcodes it knows.
package struct SIP2Source: Sendable, Hashable {
    /// How it is asked.
    package let access: SIP2Access
    /// The path of a file with one barcode a line.
    package let barcodes: String

    /// The source written in `fields`, the value of `sip2`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        try fields.allow(only: SIP2Access.keys + ["barcodes"])
        access = try SIP2Access(from: &fields)
        barcodes = try fields.require("barcodes").filePath()
    }
}
