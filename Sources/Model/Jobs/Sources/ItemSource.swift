/// A server that tells in JSON what is the case with one book.
package struct ItemSource: Sendable, Hashable {
    /// What stands for the barcode in the address.
    package static let placeholder = "{barcode}"

    /// The address, with ``placeholder`` in its path or query.
    package let template: String
    /// The JSON pointer (RFC 6901) to the word for what is the case with the book.
    package let status: String
    /// The JSON pointer to the title; `nil` when it is not wanted.
    package let title: String?
    /// What the server's words mean.
    package let statuses: [String: ItemState]
    /// Headers sent along, none of them secret.
    package let headers: [JSONSource.Header]
    /// How many books are asked about in a second at most.
    package let rate: Int
    /// How it is asked.
    package let access: HTTPAccess

    /// The source written in `fields`, the value of `json`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        try fields.allow(only: ["url", "status", "title", "statuses", "headers", "rate"] + HTTPAccess.keys)
        template = try fields.require("url").template()
        status = try fields.require("status").pointer()
        title = try fields.take("title")?.pointer()
        statuses = try Self.statuses(fields.require("statuses"))
        headers = if let field = fields.take("headers") { try JSONSource.headers(field) } else { [] }
        rate = try fields.takeRate()
        access = try HTTPAccess(from: &fields)
    }

    private static func statuses(_ field: Field) throws(InvalidInput) -> [String: ItemState] {
        var statuses: [String: ItemState] = [:]
        for (word, state) in try field.strings() {
            statuses[word] = try Field(.string(state), path: "\(field.path).\(word)").choice()
        }
        guard !statuses.isEmpty else { throw field.invalid("must say what at least one word of the server means") }
        return statuses
    }

    /// The address that tells about the book with `barcode`.
    ///
    /// - Throws: ``WebAddress/Malformed`` when it is none.
    package func address(of barcode: String) throws(WebAddress.Malformed) -> WebAddress {
        try WebAddress(template.replacing(Self.placeholder, with: barcode.percentEncoded))
    }
}

extension Field {
    /// An address on the web with ``ItemSource/placeholder`` in its path or query.
    fileprivate func template() throws(InvalidInput) -> String {
        let text = try name(limit: 8192)
        guard text.contains(ItemSource.placeholder) else {
            throw invalid("must hold \(ItemSource.placeholder), where the barcode goes")
        }
        let servers = try ["0", "1"].map { barcode throws(InvalidInput) in
            try Field(.string(text.replacing(ItemSource.placeholder, with: barcode)), path: path).webAddress().server
        }
        guard servers[0] == servers[1] else { throw invalid("cannot have the barcode in the name of the server") }
        return text
    }

    /// A JSON pointer.
    fileprivate func pointer() throws(InvalidInput) -> String {
        let text = try string()
        guard text.isEmpty || text.hasPrefix("/") else { throw invalid("expected a JSON pointer such as /0/status") }
        return text
    }
}
