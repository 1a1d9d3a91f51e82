/// How a source on the web is asked: the keys that all of them have in common.
package struct HTTPAccess: Sendable, Hashable {
    /// What proves who asks. What is secret stands in a file, so that neither the job nor the history holds it.
    package enum Credentials: Sendable, Hashable {
        /// A user and the file of the password (RFC 7617).
        case basic(user: String, passwordFile: String)
        /// The file of a token (RFC 6750).
        case bearer(tokenFile: String)
        /// A header, and the file of its value.
        case header(name: String, valueFile: String)
    }

    /// What to do when a server answers with another address.
    package enum Redirects: String, Sendable, Hashable, CaseIterable {
        /// Fail, naming the host it leads to.
        case refuse
        /// Follow, a few times, on the same host.
        case sameHost = "same-host"
    }

    /// How long one question may take, from the name's look-up to the last byte of the answer.
    package var timeout = Duration.seconds(10)
    /// How long a connection may take to come about.
    package var connectTimeout = Duration.seconds(3)
    /// How often a question is asked again after a failure that may pass.
    package var retries = 2
    /// The longest answer that is read, in bytes.
    package var maximumBody = 8 << 20
    /// What to do when a server answers with another address.
    package var redirects = Redirects.refuse
    /// What proves who asks.
    package var credentials: Credentials?

    /// The keys, for messages.
    package static let keys = ["timeout", "connect_timeout", "retries", "max_body", "redirects", "auth"]

    /// What is used when a job says nothing.
    package init() {}
}

extension HTTPAccess {
    /// Takes the common keys from `fields`.
    ///
    /// - Throws: ``InvalidInput`` naming what is wrong.
    package init(from fields: inout Fields) throws(InvalidInput) {
        if let field = fields.take("timeout") { timeout = try field.patience() }
        if let field = fields.take("connect_timeout") { connectTimeout = try field.patience() }
        if let field = fields.take("retries") { retries = Int(try field.int(in: 0...10)) }
        if let field = fields.take("max_body") { maximumBody = Int(try field.int(in: 1...(256 << 20))) }
        if let field = fields.take("redirects") { redirects = try field.choice() }
        if let field = fields.take("auth") { credentials = try Credentials(field: field) }
    }
}

extension HTTPAccess.Credentials {
    private static let names = ["basic", "bearer", "header"]

    fileprivate init(field: Field) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: Self.names)
        let found = Self.names.filter(fields.names.contains)
        guard found.count == 1, let name = found.first, let body = fields.take(name) else {
            throw field.invalid("expected exactly one of: \(Self.names.joined(separator: ", "))")
        }
        var inner = try body.fields()
        switch name {
        case "basic":
            try inner.allow(only: ["user", "password_file"])
            let user = try inner.require("user")
            guard try !user.name().utf8.contains(UInt8(ascii: ":")) else { throw user.invalid("cannot hold a colon") }
            self = .basic(user: try user.name(), passwordFile: try inner.require("password_file").filePath())
        case "bearer":
            try inner.allow(only: ["token_file"])
            self = .bearer(tokenFile: try inner.require("token_file").filePath())
        default:
            try inner.allow(only: ["name", "value_file"])
            let header = try inner.require("name").headerName()
            self = .header(name: header, valueFile: try inner.require("value_file").filePath())
        }
    }
}

extension Field {
    /// The headers that belong to the exchange itself.
    private static let reservedHeaders: Set<String> = [
        "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect",
        "accept-encoding", "range",
    ]

    /// The path of a file.
    package func filePath() throws(InvalidInput) -> String { try name(limit: 4095) }

    /// The address on the web.
    package func webAddress() throws(InvalidInput) -> WebAddress {
        let text = try name(limit: 8192)
        do throws(WebAddress.Malformed) { return try WebAddress(text) } catch {
            throw invalid("is not a valid URL: \(error.advice)")
        }
    }

    /// How long to wait for something: at least a millisecond, at most an hour.
    package func patience() throws(InvalidInput) -> Duration {
        let duration = try duration()
        guard duration >= .milliseconds(1), duration <= .seconds(3600) else {
            throw invalid("must lie between 1 ms and 1 h")
        }
        return duration
    }

    /// The name of a header that a job may set (a token of RFC 9110).
    package func headerName() throws(InvalidInput) -> String {
        let name = try name(limit: 128)
        guard name.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHeaderCharacter }) else {
            throw invalid("may hold only letters, digits and - _ . in the name of a header")
        }
        guard !Self.reservedHeaders.contains(name.lowercased()) else {
            throw invalid("\(name) belongs to the exchange and cannot be set")
        }
        return name
    }
}

extension Character {
    fileprivate var isHeaderCharacter: Bool { isASCII && (isLetter || isNumber || "-_.".contains(self)) }
}
