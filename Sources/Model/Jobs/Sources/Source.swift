/// What a check asks, and how it counts.
package enum Source: Sendable, Hashable {
    /// One statement on a SQLite file, answered with one whole number; `keys` is one that answers the keys, a row each.
    case sqlite(path: String, statement: String, keys: String?)
    /// The records of a file.
    case file(path: String, format: FileFormat, key: String?)
    /// A program whose output holds the number.
    case command(arguments: [String], parse: Parse)
    /// A catalogue that speaks SRU.
    case sru(SRUSource)
    /// A repository that speaks OAI-PMH.
    case oai(OAISource)
    /// A server that tells the number in JSON or in a header.
    case json(JSONSource)
    /// A library system that speaks SIP2.
    case sip2(SIP2Source)

    /// The shape of a file of records.
    package enum FileFormat: String, Sendable, Hashable, CaseIterable {
        /// MARC21 in ISO 2709.
        case marc
        /// MARC 21 in XML (loc.gov/standards/marcxml).
        case marcxml
        /// RFC 4180 with a header line.
        case csv
    }

    /// Where the number stands in a program's output.
    package enum Parse: Sendable, Hashable {
        /// It is the whole output.
        case number
        /// It stands at this JSON pointer (RFC 6901).
        case pointer(String)
    }

    /// The key that names the source.
    package var name: String {
        switch self {
        case .sqlite: "sqlite"
        case .file: "file"
        case .command: "command"
        case .sru: "sru"
        case .oai: "oai"
        case .json: "json"
        case .sip2: "sip2"
        }
    }
}

extension Source {
    private static let names = ["sqlite", "file", "command", "sru", "oai", "json", "sip2"]

    /// The source written in `field`: an object with one key that names it.
    ///
    /// - Throws: ``InvalidInput`` naming what is missing, unknown or wrong.
    package init(field: Field) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: Self.names)
        let found = Self.names.filter(fields.names.contains)
        guard found.count == 1, let name = found.first, let body = fields.take(name) else {
            throw field.invalid("expected exactly one source, one of: \(Self.names.joined(separator: ", "))")
        }
        var inner = try body.fields()
        switch name {
        case "sqlite": self = try Self.sqlite(&inner)
        case "file": self = try Self.file(&inner)
        case "sru": self = .sru(try SRUSource(from: &inner))
        case "oai": self = .oai(try OAISource(from: &inner))
        case "json": self = .json(try JSONSource(from: &inner))
        case "sip2": self = .sip2(try SIP2Source(from: &inner))
        default: self = try Self.command(&inner)
        }
    }

    private static func sqlite(_ fields: inout Fields) throws(InvalidInput) -> Source {
        try fields.allow(only: ["path", "sql", "keys"])
        let path = try fields.require("path").filePath()
        let statement = try fields.require("sql").name(limit: 65_536)
        let keys = try fields.take("keys")?.name(limit: 65_536)
        return .sqlite(path: path, statement: statement, keys: keys)
    }

    private static func file(_ fields: inout Fields) throws(InvalidInput) -> Source {
        try fields.allow(only: ["path", "format", "key"])
        let path = try fields.require("path").filePath()
        let format: FileFormat = try fields.require("format").choice()
        let key = try fields.take("key")?.name()
        return .file(path: path, format: format, key: key)
    }

    private static func command(_ fields: inout Fields) throws(InvalidInput) -> Source {
        try fields.allow(only: ["argv", "parse"])
        let arguments = try fields.require("argv").arguments()
        var parse = Parse.number
        if let field = fields.take("parse") {
            let text = try field.string()
            guard text == "number" || text.isEmpty || text.hasPrefix("/") else {
                throw field.invalid("expected number or a JSON pointer such as /total")
            }
            parse = text == "number" ? .number : .pointer(text)
        }
        return .command(arguments: arguments, parse: parse)
    }
}
