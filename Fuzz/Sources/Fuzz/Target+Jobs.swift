@testable internal import Daemon
@testable internal import Jobs
internal import Model

extension Target {
    /// Jobs and other documents that clients send.
    static let jobs = [
        Target(name: "job") { bytes in
            guard case .success(let document) = result({ () throws(InvalidInput) in try JSONParser.parse(bytes) })
            else { return }
            requireReadsBack(document)
            requireJob(document)
        },
        Target(name: "job-yaml") { bytes in
            guard case .success(let document) = result({ () throws(InvalidInput) in try YAMLDocument.value(bytes) })
            else { return }
            requireReadsBack(document)
            requireJob(document)
        },
        Target(name: "pointer") { bytes in
            let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
            guard parts.count == 2, let pointer = JSONPointer(Array(parts[0]).text) else { return }
            let answer = result { () throws(InvalidInput) in try JSONParser.parse(Array(parts[1])) }
            guard case .success(let document) = answer, let place = pointer.value(in: document)
            else { return }
            require(document.text().contains(place.text()), "\(place) stands in the document")
        },
    ]

    /// What is written is read as the same value, in every style, and holds nothing that could harm a terminal.
    private static func requireReadsBack(_ value: JSONValue) {
        for style in [JSONWriter.Style.compact, .spaced, .indented] {
            let written = JSONWriter.bytes(value, style: style)
            guard case .success(let read) = result({ () throws(InvalidInput) in try JSONParser.parse(written) }) else {
                return require(false, "\(written.text) was written and can be read")
            }
            // 1.0 is written 1, as JavaScript does, so it is the text that has to be the same.
            require(JSONWriter.bytes(read, style: style) == written, "\(written.text) reads back as \(read)")
            let isSafe = written.text.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isUnsafeToShow }
            require(isSafe, "\(written) is safe to show")
        }
    }

    /// A job means the same when it is read back from the store, and the complaint about one names a place of it.
    private static func requireJob(_ document: JSONValue) {
        do throws(InvalidInput) {
            let source = try Job(json: document).source.text()
            // 1.0 is stored as 1, so it is the job as it is stored that has to stay the same.
            let stored = result { () throws(InvalidInput) in try Job(json: try JSONParser.parse(source)) }
            guard case .success(let job) = stored else { return require(false, "\(source) is a job: \(stored)") }
            require(job.source.text() == source, "\(source) reads back as \(job.source)")
            let again = result { () throws(InvalidInput) in try Job(json: job.source) }
            require(again == stored, "\(source) reads back as \(again)")
        } catch {
            require(
                document.hasPlace(error.path), "\"\(error.path)\" is a place of \(document.text()): \(error.message)")
            // Only a document that is no job at all has no place to name.
            require(!error.path.isEmpty || document.isNoJob, "a refused job names a path: \(error.message)")
        }
    }
}

extension JSONValue {
    /// Whether it has no single kind key, so that a complaint is about all of it.
    fileprivate var isNoJob: Bool {
        objectValue.map { $0.keys.filter { TaskKind(rawValue: $0) != nil }.count != 1 } ?? true
    }

    /// Whether `path`, such as `gather[1].sleep`, leads to a value of it, or to a key that is missing in one.
    fileprivate func hasPlace(_ path: some StringProtocol) -> Bool {
        guard !path.isEmpty else { return true }
        switch self {
        case .object(let members):
            return members.contains { key, value in
                let key = key.isEmpty ? "\"\"" : key
                guard path.hasPrefix(key) else { return false }
                let rest = path.dropFirst(key.count)
                return value.hasPlace(rest.hasPrefix(".") ? rest.dropFirst() : rest)
            } || path.allSatisfy { $0.isLetter || $0 == "_" }
        case .array(let elements):
            return elements.indices.contains { path.hasPrefix("[\($0)]") && elements[$0].hasPlace(inElement: path) }
        default: return false
        }
    }

    private func hasPlace(inElement path: some StringProtocol) -> Bool {
        let rest = path.drop { $0 != "]" }.dropFirst()
        return hasPlace(rest.hasPrefix(".") ? rest.dropFirst() : rest)
    }
}
