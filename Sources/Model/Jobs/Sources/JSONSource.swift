/// A server that tells a number in a JSON document or in a header.
package struct JSONSource: Sendable, Hashable {
    /// Where the number stands.
    package enum Place: Sendable, Hashable {
        /// At this JSON pointer (RFC 6901) of the body.
        case pointer(String)
        /// In the header of this name.
        case header(String)
    }

    /// A system whose way to tell a number is known.
    ///
    /// Koha, FOLIO, Alma, VuFind, InvenioRDM and Solr stand here by their published specification; calibre was asked itself.
    package enum Preset: String, Sendable, Hashable, CaseIterable {
        case koha, folio, alma, vufind, invenio, calibre, solr
    }

    /// The address asked, with the preset's path and parameters.
    package let address: WebAddress
    /// Headers sent along, none of them secret.
    package let headers: [Header]
    /// Where the number stands.
    package let count: Place
    /// The system asked, when it is a known one.
    package let preset: Preset?
    /// How it is asked.
    package let access: HTTPAccess

    /// One header.
    package struct Header: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Its value, printable ASCII.
        package let value: String

        /// The header `name` with the value `value`.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The source written in `fields`, the value of `json`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        try fields.allow(only: ["url", "headers", "count", "preset"] + HTTPAccess.keys)
        let url = try fields.require("url")
        let preset: Preset? = try fields.take("preset")?.choice()
        self.preset = preset
        address = if let preset { try preset.address(from: url) } else { try url.webAddress() }
        headers = if let field = fields.take("headers") { try Self.headers(field) } else { [] }
        count = try Self.place(from: &fields, preset: preset)
        access = try HTTPAccess(from: &fields)
    }

    private static func place(from fields: inout Fields, preset: Preset?) throws(InvalidInput) -> Place {
        if let preset {
            guard let field = fields.take("count") else { return preset.count }
            throw field.invalid("cannot stand beside preset, which says where the number stands")
        }
        let field = try fields.require("count")
        let text = try field.string()
        if text.isEmpty || text.hasPrefix("/") { return .pointer(text) }
        guard text.hasPrefix("header:") else {
            throw field.invalid(
                "expected a JSON pointer such as /total, or header: and a name, as header:X-Total-Count")
        }
        return .header(try Field(.string(String(text.dropFirst(7))), path: field.path).headerName())
    }

    /// The names of headers whose values prove who asks.
    private static let secretHeaders: Set = [
        "authorization", "proxy-authorization", "cookie", "apikey", "x-api-key", "x-okapi-token", "x-auth-token",
    ]

    /// The headers written in `field`, none of which may be secret or belong to the exchange.
    static func headers(_ field: Field) throws(InvalidInput) -> [Header] {
        var headers: [Header] = []
        for (name, value) in try field.strings() {
            let entry = Field(.string(name), path: "\(field.path).\(name)")
            _ = try entry.headerName()
            guard !secretHeaders.contains(name.lowercased()) else {
                throw entry.invalid("is a secret; use auth, which reads it from a file")
            }
            guard value.utf8.count <= 4096, value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
                throw entry.invalid("may hold only printable ASCII, at most 4096 bytes")
            }
            headers.append(Header(name: name, value: value))
        }
        return headers
    }
}

extension JSONSource.Preset {
    /// Where the number stands.
    var count: JSONSource.Place {
        switch self {
        case .koha: .header("X-Total-Count")
        case .folio: .pointer("/totalRecords")
        case .alma: .pointer("/total_record_count")
        case .vufind: .pointer("/resultCount")
        case .invenio: .pointer("/hits/total")
        case .solr: .pointer("/response/numFound")
        case .calibre: .pointer("/total_num")
        }
    }

    /// The path asked when the address names a server alone; `nil` when there is none that all servers have.
    private var path: String? {
        switch self {
        case .koha: "/api/v1/biblios"
        case .folio: "/inventory/items"
        case .alma: nil
        case .vufind: "/api/v1/search"
        case .invenio: "/api/records"
        case .solr: nil
        case .calibre: "/ajax/search"
        }
    }

    /// A path that the servers of a system without one of its own have.
    private var example: String { self == .solr ? "/solr/biblio/select?q=*:*" : "/almaws/v1/users" }

    /// The parameters that ask for as few records as possible. FOLIO estimates its number unless the limit is 0.
    private var page: [(name: String, value: String)] {
        switch self {
        case .koha: [("_per_page", "1")]
        case .folio, .vufind: [("limit", "0")]
        case .alma: [("limit", "1")]
        case .invenio: [("size", "1")]
        case .calibre: [("num", "0")]
        case .solr: [("rows", "0"), ("wt", "json")]
        }
    }

    fileprivate func address(from field: Field) throws(InvalidInput) -> WebAddress {
        var address = try field.webAddress()
        if address.path == "/" {
            guard let path else {
                throw field.invalid("needs a path with preset \(rawValue), such as \(example)")
            }
            address.path = path
        }
        return address.asking(page)
    }
}
