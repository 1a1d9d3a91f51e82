internal import Model

extension Source {
    /// What is asked, as JSON: all that says what is counted, what the job leaves out written out, and nothing of how it is
    /// asked, which may change while the books stay the same.
    ///
    /// - Parameters:
    ///   - directory: where relative paths start; `nil` when nobody knows.
    ///   - isExact: whether the answer was exact. A list of OAI-PMH whose size was told is another than one that was walked:
    ///     the size counts deleted records too.
    func question(from directory: String?, isExact: Bool?) -> JSONValue {
        switch self {
        case .sqlite(let path, let statement, _):
            [name: ["path": .string(path.whole(from: directory)), "sql": .string(statement)]]
        case .file(let path, let format, let key):
            [
                name: [
                    "path": .string(path.whole(from: directory)), "format": .string(format.rawValue),
                    "key": key.map(JSONValue.string) ?? .null,
                ]
            ]
        case .command(let arguments, let parse):
            [
                name: [
                    "argv": .array(arguments.map(JSONValue.string)), "parse": parse.question,
                    "directory": .string("".whole(from: directory)),
                ]
            ]
        case .sru(let source): [name: ["url": .string(source.address.text), "query": .string(source.query)]]
        case .oai(let source): [name: source.question(isExact: isExact)]
        case .json(let source): [name: source.question]
        case .sip2(let source):
            [
                name: [
                    "host": .string(source.access.host), "port": .int(Int64(source.access.port)),
                    "institution": .string(source.access.institution),
                    "barcodes": .string(source.barcodes.whole(from: directory)),
                ]
            ]
        }
    }

    /// The statement that answers the keys, of a source that has one.
    var keyStatement: String? {
        guard case .sqlite(_, _, let keys) = self else { return nil }
        return keys
    }
}

extension Source.Parse {
    fileprivate var question: JSONValue {
        switch self {
        case .number: "number"
        case .pointer(let text): .string(text)
        }
    }
}

extension OAISource {
    fileprivate func question(isExact: Bool?) -> JSONValue {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        return [
            "url": .string(address.text), "prefix": .string(prefix), "set": text(set), "from": text(from),
            "until": text(until), "mode": isExact == false ? "size" : "walk",
        ]
    }
}

extension JSONSource {
    fileprivate var question: JSONValue {
        let headers = headers.map { ($0.name.lowercased(), $0.value) }.sorted { $0 < $1 }
        let place: JSONValue =
            switch count {
            case .pointer(let text): .string(text)
            case .header(let name): .string("header:" + name.lowercased())
            }
        return [
            "url": .string(address.text), "count": place,
            "headers": .array(headers.map { [.string($0.0), .string($0.1)] }),
        ]
    }
}

extension String {
    /// The path, made absolute from `directory`, without components that lead nowhere. One that leads up stays: what it leaves
    /// may be a symbolic link.
    fileprivate func whole(from directory: String?) -> String {
        let path = directory.map { self.path(from: $0) } ?? self
        let components = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + components.joined(separator: "/")
    }
}
