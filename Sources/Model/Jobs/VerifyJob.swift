/// The verification of a stock, book by book: what was scanned and what should stand there, against what the system says.
package struct VerifyJob: Sendable, Hashable {
    /// What is asked about each book.
    package enum System: Sendable, Hashable {
        /// A library system that speaks SIP2.
        case sip2(SIP2Access)
        /// A server that answers in JSON.
        case json(ItemSource)
    }

    /// The path of a file with the barcodes that were scanned, one a line.
    package let scanned: String
    /// The path of a file with the barcodes of what should stand there; `nil` when nobody says.
    package let expected: String?
    /// What is asked about each book.
    package let system: System

    /// The name of the member of an inventory that verifies.
    package static let memberName = "verification"

    /// The verification written in `field`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(field: Field) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: ["scanned", "expected", "sip2", "json"])
        scanned = try fields.require("scanned").filePath()
        expected = try fields.take("expected")?.filePath()
        let names = ["sip2", "json"].filter(fields.names.contains)
        guard names.count == 1, let name = names.first, let body = fields.take(name) else {
            throw field.invalid("expected exactly one system, one of: sip2, json")
        }
        var inner = try body.fields()
        if name == "sip2" {
            try inner.allow(only: SIP2Access.keys)
            system = .sip2(try SIP2Access(from: &inner))
        } else {
            system = .json(try ItemSource(from: &inner))
        }
    }

    /// The verification that is the member of an inventory, from the value of its key there.
    static func member(_ body: Field) throws(InvalidInput) -> Job {
        var job = Job(action: .verify(try VerifyJob(field: body)))
        job.name = memberName
        job.source = ["name": .string(memberName), "verify": body.value]
        return job
    }
}
