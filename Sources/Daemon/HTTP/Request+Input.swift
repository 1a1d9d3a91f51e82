internal import Foundation
internal import Hummingbird
internal import Model
internal import NIOCore

extension Request {
    /// The body as it is, at most `limit` bytes of it.
    ///
    /// - Throws: `NIOTooManyBytesError` when it is too large, before it is read where it says so.
    func bytes(limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw NIOTooManyBytesError(maxBytes: limit)
        }
        return Array(try await body.collect(upTo: limit).readableBytesView)
    }

    /// The body, of at most `limit` bytes, as JSON, or as YAML when it says it is; `nil` when it is empty.
    func document(limit: Int = ConnectionContext.maximumOrder) async throws -> JSONValue? {
        let bytes = try await bytes(limit: limit)
        guard !bytes.isEmpty else { return nil }
        let type = headers[.contentType]?.lowercased() ?? ""
        return type.contains("yaml") ? try YAMLDocument.value(bytes) : try JSONParser.parse(bytes)
    }

    /// The body as ``document(limit:)``, which must not be empty.
    func requiredDocument(limit: Int = ConnectionContext.maximumOrder) async throws -> JSONValue {
        guard let document = try await document(limit: limit) else {
            throw InvalidInput(code: .syntax, path: "", message: "the request needs a body")
        }
        return document
    }

    /// Refuses a body, but for an empty object, where none says anything.
    func requireNoDocument() async throws {
        guard let document = try await document() else { return }
        let fields = try Field(document).fields()
        try fields.allow(only: [])
    }

    /// The query's names and values in the order written; nothing between two `&` is none (URL Standard, 5.1).
    var query: [(name: String, value: String)] {
        uri.queryParameters.map { (String($0.key), String($0.value)) }.filter { !$0.0.isEmpty || !$0.1.isEmpty }
    }

    /// The query's values by name, each of which must be one of `known`.
    func query(known: [String]) throws -> [String: Field] {
        var fields: [String: Field] = [:]
        for (name, value) in query {
            guard known.contains(name) else {
                let list = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw InvalidInput(
                    code: .field, path: name.isEmpty ? "\"\"" : name, message: "unknown parameter; known here: \(list)")
            }
            guard fields.updateValue(Field(.string(value), path: name), forKey: name) == nil else {
                throw InvalidInput(code: .field, path: name, message: "is given twice")
            }
        }
        return fields
    }
}

extension ConnectionContext {
    /// The name in the path, percent-decoded (RFC 3986, 2.1).
    ///
    /// - Throws: ``InvalidInput`` when what it spells is no UTF-8.
    func name() throws -> String {
        let written = parameters.get("name") ?? ""
        guard let name = written.removingPercentEncoding else {
            throw InvalidInput(code: .field, path: "name", message: "\(written.shown) is not percent-encoded UTF-8")
        }
        return name
    }

    /// The task number in the path.
    ///
    /// - Throws: ``Problem`` 404 when it is no number: there is no such task.
    func taskID() throws -> TaskID {
        let text = parameters.get("id") ?? ""
        // Int64 would take a sign too, and one task is to have one path.
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int64(text),
            number > 0
        else {
            throw Problem(
                status: 404, title: "No such task", detail: "no task \"\(text.shown)\"; a task's id is a number")
        }
        return TaskID(number)
    }
}

extension Field {
    /// The boolean that the string spells: `true` or `false`.
    func flag() throws(InvalidInput) -> Bool {
        switch try string() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw invalid("expected true or false")
        }
    }
}
