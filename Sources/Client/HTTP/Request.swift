internal import Model

/// One call to the daemon.
struct Request: Sendable {
    /// What a call does to what its path names.
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
    }

    /// What goes along with a call.
    struct Body: Sendable {
        let bytes: [UInt8]
        let contentType: String
    }

    let method: Method
    /// The parts of the path, not yet encoded.
    let path: [String]
    /// Names and values, not yet encoded.
    let query: [(name: String, value: String)]
    let body: Body?

    /// A call of `method` on `path`.
    init(_ method: Method, _ path: String..., query: [(name: String, value: String)] = [], body: Body? = nil) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// A call of `method` on `path` with `json` as its body.
    init(_ method: Method, _ path: String..., query: [(name: String, value: String)] = [], json: JSONValue) {
        self.method = method
        self.path = path
        self.query = query
        self.body = Body(bytes: JSONWriter.bytes(json), contentType: "application/json")
    }

    /// The path and the query as they stand in the request line.
    var target: String {
        let path = path.map { "/" + $0.percentEncoded }.joined()
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }

    /// The call as it is sent; one connection carries one call.
    var bytes: [UInt8] {
        var head = "\(method.rawValue) \(target) HTTP/1.1\r\nhost: taskd\r\nconnection: close\r\n"
        if let body { head += "content-type: \(body.contentType)\r\n" }
        if method != .get { head += "content-length: \(body?.bytes.count ?? 0)\r\n" }
        return Array(head.utf8) + [0x0D, 0x0A] + (body?.bytes ?? [])
    }
}
