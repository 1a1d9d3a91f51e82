/// How a library system is asked through SIP2, one book at a time.
package struct SIP2Access: Sendable, Hashable {
    /// The name or address of the server.
    package let host: String
    /// The port.
    package let port: Int
    /// The institution's id, the field AO.
    package let institution: String
    /// Who logs in; `nil` when the server asks nobody to.
    package let login: Login?
    /// Whether messages carry a sequence number and a checksum.
    package let detectsErrors: Bool
    /// How many barcodes are asked in a second at most.
    package let rate: Int
    /// How long one answer may take.
    package let timeout: Duration
    /// How long a connection may take to come about.
    package let connectTimeout: Duration

    /// A user, and the file of the password.
    package struct Login: Sendable, Hashable {
        /// The user's name, the field CN.
        package let user: String
        /// The path of the file of the password, the field CO.
        package let passwordFile: String
        /// Whether the password may cross a network, where it can be read: SIP2 has no encryption.
        package let allowsPlaintext: Bool
    }

    static let keys = [
        "host", "port", "institution", "login", "error_detection", "rate", "timeout", "connect_timeout",
    ]

    /// Takes its keys from `fields`.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing or wrong.
    init(from fields: inout Fields) throws(InvalidInput) {
        let host = try fields.require("host")
        self.host = try host.name(limit: 253)
        guard self.host.isHostName || self.host.utf8.contains(UInt8(ascii: ":")) else {
            throw host.invalid("is not a host: write a name or an address, and the port under port")
        }
        port = Int(try fields.take("port")?.int(in: 1...65535) ?? 6001)
        institution = try fields.take("institution")?.messageText() ?? ""
        login = try fields.take("login").map { (field) throws(InvalidInput) in try Login(field: field) }
        detectsErrors = try fields.take("error_detection")?.bool() ?? true
        rate = try fields.takeRate()
        timeout = try fields.take("timeout")?.patience() ?? .seconds(10)
        connectTimeout = try fields.take("connect_timeout")?.patience() ?? .seconds(3)
    }
}

extension SIP2Access.Login {
    fileprivate init(field: Field) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: ["user", "password_file", "allow_plaintext"])
        user = try fields.require("user").messageText()
        passwordFile = try fields.require("password_file").filePath()
        allowsPlaintext = try fields.take("allow_plaintext")?.bool() ?? false
    }
}

extension Fields {
    /// How many items are asked about in a second at most: `rate`, or 50.
    mutating func takeRate() throws(InvalidInput) -> Int {
        Int(try take("rate")?.int(in: 1...1000) ?? 50)
    }
}

extension Field {
    /// Text that may stand in a field of a message: no `|`, which ends one, and nothing but printable ASCII.
    fileprivate func messageText() throws(InvalidInput) -> String {
        let text = try name()
        guard text.utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "|") }) else {
            throw invalid("may hold only printable ASCII and no |")
        }
        return text
    }
}
