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

extension String {
    private static let hexadecimalDigits = Array("0123456789ABCDEF")

    /// The text with everything but the unreserved characters of RFC 3986 section 2.3 as `%` and two digits.
    var percentEncoded: String {
        var encoded = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded.append("%")
                encoded.append(Self.hexadecimalDigits[Int(byte >> 4)])
                encoded.append(Self.hexadecimalDigits[Int(byte & 15)])
            }
        }
        return encoded
    }
}
