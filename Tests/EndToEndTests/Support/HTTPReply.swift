import Model

/// An answer of the daemon.
struct HTTPReply: Sendable {
    let status: Int
    /// By lowercase name.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    ///
    /// - Throws: when it is none.
    var json: JSONValue {
        get throws { try JSONParser.parse(body) }
    }
}
