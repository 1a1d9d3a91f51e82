internal import Model

/// An inventory that has ended well, as something to measure later ones against.
struct InventoryRun {
    /// One of its sources that was counted, and not suspicious.
    struct Source {
        let name: String
        let count: Int64
        /// What it was asked, keys only where they were kept.
        let question: InventoryQuestion
    }

    /// The sources that are good enough.
    let goodSources: [Source]

    /// The inventory that has done `job`, whose paths start at `directory`, with `result`.
    init(_ job: JSONValue, from directory: String?, result: JSONValue?) {
        let entries = job["inventory"]?["sources"]?.arrayValue ?? []
        goodSources = entries.compactMap { entry in
            let name = entry["name"]?.stringValue ?? ""
            guard let source = result?["sources"]?[name], source["state"] == "ok", let count = source["count"]?.intValue
            else { return nil }
            let reconciliation = result?["reconciliation"]
            let keys = reconciliation?["sources"]?[name]?["keys"]?.intValue
            let check: JSONValue = [
                "check": InventoryPolicy.source(of: entry),
                "keys": keys == nil ? .null : reconciliation?["by"] ?? .null,
            ]
            let question = InventoryQuestion(check, from: directory, isExact: source["exact"]?.boolValue)
            return Source(name: name, count: count, question: question)
        }
    }

    /// The inventory that `record` is.
    init(_ record: TaskRecord) {
        self.init(record.job, from: record.directory, result: record.result)
    }
}
