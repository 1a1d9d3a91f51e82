internal import Model

/// What an inventory came to.
struct InventoryReply {
    let task: TaskReply
    /// The sources in the order of the job.
    let sources: [SourceReply]
    /// What comparing the sources found, or `nil` when the job does not ask for it.
    let comparison: ComparisonReply?
    /// What looking at every book found, or `nil` when the job does not ask for it.
    let verification: VerificationReply?
    private let facts: JSONValue

    /// What the done inventory `task` came to; `nil` when it ended without counts. One that failed because too few sources
    /// answered has the facts in its exception.
    ///
    /// - Throws: ``ClientError`` when the facts are not understood.
    init?(_ task: TaskReply) throws(ClientError) {
        facts = task.state == .succeeded ? task.result : .object(task.exception?.details ?? [:])
        guard let entries = facts["sources"]?.objectValue else { return nil }
        self.task = task
        var sources: [SourceReply] = []
        for (name, entry) in entries {
            sources.append(try SourceReply(name: name, json: entry, delta: facts["deltas"]?[name]?.intValue))
        }
        self.sources = sources
        comparison = ComparisonReply(facts: facts)
        verification = facts["verification"].flatMap(VerificationReply.init(json:))
    }

    /// What all sources that answered hold together.
    var total: Int64 { facts["total"]?.intValue ?? sources.compactMap(\.count).reduce(0, +) }

    /// How the total has changed; `nil` when a source cannot tell.
    var totalDelta: Int64? {
        let deltas = sources.compactMap(\.delta)
        return deltas.count == sources.count ? deltas.reduce(0, +) : nil
    }

    /// Whether every source has answered.
    var isWhole: Bool { sources.allSatisfy { $0.state != .failed } }

    /// Whether the inventory has found what `finding` names.
    func has(_ finding: InventoryFinding) -> Bool {
        switch finding {
        case .partial:
            !isWhole || comparison?.isWhole == false || verification?.exception != nil || facts["verdict"] == "partial"
        case .suspicious: sources.contains { $0.state == .suspicious }
        case .discrepancies: comparison?.hasDiscrepancies == true
        }
    }
}

// MARK: - In words

extension InventoryReply {
    /// What to think of the counts, as a word and a sentence that are safe to show.
    var verdict: (word: String, sentence: String, colour: Colour) {
        let failed = sources.filter { $0.state == .failed }
        let suspicious = sources.filter { $0.state == .suspicious }
        let answered = "\(sources.count - failed.count) of \(sources.count) sources have answered"
        guard task.state == .succeeded else { return ("failed", "\(answered), which is too few", .red) }
        var clauses: [String] = []
        let (fallen, damaged) = (suspicious.filter { !$0.isMainlyDamaged }, suspicious.filter(\.isMainlyDamaged))
        if !fallen.isEmpty {
            clauses.append(
                "\(Self.list(fallen)) fell too far to be believed, so later runs are not measured against it")
        }
        if !damaged.isEmpty {
            clauses.append(
                "too many records of \(Self.list(damaged)) are damaged for the count to be believed, so later runs are not "
                    + "measured against it"
            )
        }
        if !failed.isEmpty { clauses.append("\(answered); the total is without \(Self.list(failed))") }
        if verification?.exception != nil { clauses.append("the verification did not come to its end") }
        if comparison?.isWhole == false || clauses.isEmpty && has(.partial) {
            clauses.append("not everything could be compared")
        }
        guard clauses.isEmpty else {
            let isSuspicious = !suspicious.isEmpty
            return (isSuspicious ? "suspicious" : "partial", clauses.joined(separator: "; "), .yellow)
        }
        let unmeasured = sources.filter { $0.delta == nil }
        let measure =
            if unmeasured.isEmpty {
                ", and no count fell too far"
            } else if unmeasured.count == sources.count {
                "; there is nothing yet to measure their counts against"
            } else {
                ", and no count fell too far; there is nothing yet to measure \(Self.list(unmeasured)) against"
            }
        return ("ok", answered + measure, .green)
    }

    private static func list(_ sources: [SourceReply]) -> String {
        sources.map(\.name.shown).joined(separator: ", ")
    }
}

extension Table {
    /// What each source of an inventory has, and all of them together.
    init(inventory reply: InventoryReply, hasNotes: Bool) {
        let columns = [
            Column(title: "SOURCE", canShrink: true), Column(title: "COUNT", isNumeric: true),
            Column(title: "CHANGE", isNumeric: true), Column(title: "STATE"), Column(title: "TOOK", isNumeric: true),
        ]
        self.init(columns + (hasNotes ? [Column(title: "NOTE", canShrink: true)] : []))
        for source in reply.sources {
            let cells = [
                Cell(source.name), Cell(source.count.map(String.init) ?? "-"), Cell(source.delta.change),
                Cell(source.state.rawValue, source.state.colour), Cell(source.took?.shortText ?? "-"),
            ]
            append(cells + (hasNotes ? [Cell(source.note)] : []))
        }
        let (word, _, colour) = reply.verdict
        let cells = [
            Cell("TOTAL", .bold), Cell(String(reply.total), .bold), Cell(reply.totalDelta.change), Cell(word, colour),
            Cell(reply.task.elapsed(at: .now())?.shortText ?? "-"),
        ]
        append(cells + (hasNotes ? [Cell("")] : []))
    }
}

extension Int64? {
    /// A difference as a person reads it: `+2`, `-4`, `0`, or `-` when nobody knows.
    var change: String {
        guard let self else { return "-" }
        return (self > 0 ? "+" : "") + String(self)
    }
}
