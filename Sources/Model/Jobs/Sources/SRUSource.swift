/// A catalogue asked through SRU, Search/Retrieve via URL: how many records a query finds.
package struct SRUSource: Sendable, Hashable {
    /// The versions of the protocol (loc.gov/standards/sru).
    package enum Version: String, Sendable, Hashable, CaseIterable {
        case v1_1 = "1.1"
        case v1_2 = "1.2"
        case v2_0 = "2.0"
    }

    /// Where the server answers, the database included.
    package let address: WebAddress
    /// The query, in CQL.
    package let query: String
    /// The version asked in; servers answer in the one they like.
    package let version: Version
    /// How it is asked.
    package let access: HTTPAccess

    /// The source written in `fields`, the value of `sru`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        try fields.allow(only: ["url", "query", "version"] + HTTPAccess.keys)
        address = try fields.require("url").webAddress()
        query = try fields.take("query")?.name(limit: 8192) ?? "cql.allRecords=1"
        version = try fields.take("version")?.choice() ?? .v1_1
        access = try HTTPAccess(from: &fields)
    }
}
