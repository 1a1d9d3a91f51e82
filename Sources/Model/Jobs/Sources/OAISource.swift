/// A repository asked through OAI-PMH 2.0: how many records it lists.
package struct OAISource: Sendable, Hashable {
    /// How the records are counted.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        /// By the size that the first page tells, or, when it tells none, by walking.
        case auto
        /// By the size that the first page tells.
        case size
        /// By walking all pages, counting headers.
        case walk
    }

    /// Where the repository answers.
    package let address: WebAddress
    /// The metadata format listed.
    package let prefix: String
    /// The set counted; `nil` is everything.
    package let set: String?
    /// The earliest datestamp counted.
    package let from: String?
    /// The latest datestamp counted.
    package let until: String?
    /// How the records are counted.
    package let mode: Mode
    /// How many pages are walked at most.
    package let maximumPages: Int
    /// How it is asked.
    package let access: HTTPAccess

    /// The source written in `fields`, the value of `oai`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        let keys = ["url", "prefix", "set", "from", "until", "mode", "max_pages"]
        try fields.allow(only: keys + HTTPAccess.keys)
        address = try fields.require("url").webAddress()
        prefix = try fields.take("prefix")?.name() ?? "oai_dc"
        set = try fields.take("set")?.name()
        from = try fields.take("from")?.name()
        until = try fields.take("until")?.name()
        mode = try fields.take("mode")?.choice() ?? .auto
        maximumPages = Int(try fields.take("max_pages")?.int(in: 1...1_000_000) ?? 1000)
        access = try HTTPAccess(from: &fields)
    }
}
