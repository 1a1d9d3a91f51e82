internal import Model

/// A job of kind inventory that is about to be submitted.
struct InventoryJob: Sendable {
    /// What to call it, and its task unless it has a name of its own.
    let name: String?
    private(set) var json: JSONObject
    /// Where its relative paths start.
    private let directory: String

    /// The job `json`, found where `place` says.
    ///
    /// - Throws: ``ClientError`` when it is no inventory.
    private init(_ json: JSONValue, name: String?, place: String, directory: String) throws(ClientError) {
        guard case .object(let object) = json, object["inventory"] != nil else {
            throw ClientError(
                code: .usage, message: "\(place) is not an inventory; run it with taskctl submit")
        }
        self.json = object
        self.name = name
        self.directory = directory
        if self.json["name"] == nil { self.json["name"] = name.map(JSONValue.string) }
    }

    /// The daemon's job file called `name`; without a name the only one that is an inventory.
    ///
    /// - Throws: ``ClientError`` saying which there are when there is no such one.
    init(name: String?, client: DaemonClient) throws(ClientError) {
        let files = try client.jobs()
        let names = files.filter { $0["job"]?["inventory"] != nil }.compactMap { $0["name"]?.stringValue }
        guard let name = name ?? (names.count == 1 ? names.first : nil) else { throw Self.choice(among: names) }
        guard let file = files.first(where: { $0["name"]?.stringValue == name }) else {
            let known = names.isEmpty ? "none is an inventory" : "the inventories are: \(names.joined(separator: ", "))"
            throw ClientError(code: .noSuchTask, message: "no job file of the daemon is called \(name); \(known)")
        }
        let path = file["path"]?.stringValue ?? ""
        if let mistake = file["error"]?.stringValue {
            throw ClientError(code: .usage, message: "\(path): \(mistake)")
        }
        try self.init(
            file["job"] ?? .null, name: name, place: "the job \(name)", directory: path.parentPath ?? "/")
    }

    /// The job in the file at `path`, or on standard input when that is `-`, as the daemon reads it.
    ///
    /// - Throws: ``ClientError`` when it cannot be read, or the daemon refuses it.
    init(file path: String, client: DaemonClient) throws(ClientError) {
        let file = try SubmittedFile(path: path)
        let query = [(name: "directory", value: file.directory), (name: "dry_run", value: "true")]
        let json = try client.json(Request(.post, "v1", "tasks", query: query, body: file.body))
        try self.init(json, name: Self.name(of: path), place: path, directory: file.directory)
    }

    /// The call that submits the job.
    var request: Request {
        Request(.post, "v1", "tasks", query: [(name: "directory", value: directory)], json: .object(json))
    }

    /// The file's name as a job of the daemon would have it; standard input has none.
    private static func name(of path: String) -> String? {
        guard path != "-", let file = path.split(separator: "/").last else { return nil }
        let end = file.lastIndex(of: ".") ?? file.endIndex
        return end == file.startIndex ? nil : String(file[..<end])
    }

    private static func choice(among names: [String]) -> ClientError {
        guard !names.isEmpty else {
            return ClientError(
                code: .noSuchTask,
                message: "no job file of the daemon is an inventory (taskctl jobs); give one with --file")
        }
        return ClientError(
            code: .usage,
            message: "several job files of the daemon are inventories, name one: "
                + names.joined(separator: ", "))
    }
}

// MARK: - Changing what it asks

extension InventoryJob {
    private var inventory: JSONObject { json["inventory"]?.objectValue ?? [:] }

    /// A key stands for the job as it was written, and not for a part of it.
    private mutating func change(_ inventory: JSONObject) {
        json["inventory"] = .object(inventory)
        json.removeValue(forKey: "key")
    }

    /// Leaves only the sources called `names`, a quorum that they can reach, and the rules that are about them alone.
    ///
    /// - Parameter isVerified: whether the verification stays, which is about all books.
    /// - Throws: ``ClientError`` listing the sources when it has none of such a name.
    mutating func keep(sources names: [String], isVerified: Bool) throws(ClientError) {
        var inventory = inventory
        let sources = inventory["sources"]?.arrayValue ?? []
        let known = sources.compactMap { $0["name"]?.stringValue }
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw ClientError(
                code: .usage,
                message: "no source of the inventory is called \(unknown); it has: \(known.joined(separator: ", "))")
        }
        let kept = sources.filter { names.contains($0["name"]?.stringValue ?? "") }
        inventory["sources"] = .array(kept)
        if let quorum = inventory["quorum"]?.intValue { inventory["quorum"] = .int(min(quorum, Int64(kept.count))) }
        if case .object(var reconcile)? = inventory["reconcile"], let rules = reconcile["expect"]?.arrayValue {
            let rest = rules.filter { rule in
                ["source", "within", "apart_from"].compactMap { rule[$0]?.stringValue }.allSatisfy(names.contains)
            }
            reconcile["expect"] = rest.isEmpty ? nil : .array(rest)
            inventory["reconcile"] = .object(reconcile)
        }
        if !Self.canCompare(kept, by: inventory["reconcile"]?["by"]?.stringValue) { inventory["reconcile"] = nil }
        if !isVerified { inventory["verify"] = nil }
        change(inventory)
    }

    /// Whether one of `sources` gives keys of the kind called `name`. What is wrong with them the daemon says better.
    private static func canCompare(_ sources: [JSONValue], by name: String?) -> Bool {
        guard let kind = name.flatMap(KeyKind.init(rawValue:)) else { return true }
        return sources.contains { entry in
            do throws(InvalidInput) {
                return try Source(field: Field(InventoryPolicy.source(of: entry))).givesKeys(by: kind)
            } catch {
                return false
            }
        }
    }

    /// Looks at the books whose barcodes stand in the file at `path`.
    ///
    /// - Throws: ``ClientError`` when there is no such file, or the job does not say whom to ask about a book.
    mutating func verify(scanned path: String) throws(ClientError) {
        var inventory = inventory
        guard case .object(var section)? = inventory["verify"] else {
            throw ClientError(
                code: .usage,
                message: "the inventory does not say whom to ask about a book; add to it, for example, "
                    + "verify: {scanned: scanned.txt, sip2: {host: 127.0.0.1, port: 6001}}")
        }
        section["scanned"] = .string(try SubmittedFile.absolute(path))
        inventory["verify"] = .object(section)
        change(inventory)
    }
}
