internal import Model

/// An inventory that has ended well, as something to measure later ones against.
struct InventoryRun {
    /// One of its sources that was counted, and not suspicious.
    struct Source {
        let name: String
        let question: InventoryQuestion
        let count: Int64
        /// Whether its keys were kept.
        let hasKeys: Bool
    }

    private let record: TaskRecord

    /// The inventory that `record` is.
    init(_ record: TaskRecord) {
        self.record = record
    }

    /// The sources that are good enough.
    var goodSources: [Source] {
        let entries = record.job["inventory"]?["sources"]?.arrayValue ?? []
        return entries.compactMap { entry in
            let name = entry["name"]?.stringValue ?? ""
            guard let source = record.result?["sources"]?[name], source["state"] == "ok",
                let count = source["count"]?.intValue
            else { return nil }
            let keys = record.result?["reconciliation"]?["sources"]?[name]?["keys"]?.intValue
            let job: JSONValue = [
                "check": InventoryPolicy.source(of: entry), "keys": keys == nil ? .null : .bool(true),
            ]
            return Source(
                name: name, question: InventoryQuestion(job, from: record.directory), count: count,
                hasKeys: keys != nil)
        }
    }
}
