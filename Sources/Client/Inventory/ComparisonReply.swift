internal import Model

/// What an inventory found by comparing what its sources hold.
struct ComparisonReply {
    /// One thing found, or looked for in vain.
    struct Finding {
        let source: String
        /// How often it was found; `nil` when it could not be looked for.
        let count: Int64?
        let what: String
        /// The keys it was found at, perhaps not all.
        var keys: [String] = []
        /// Whether something is wrong, rather than new or gone.
        var isDiscrepancy = true
    }

    /// By what the sources were compared; `nil` when the daemon does not say.
    let key: String?
    let findings: [Finding]
    /// Whether the lists of keys are whole.
    let hasAllKeys: Bool
    /// Whether everything could be compared.
    let isWhole: Bool

    /// What the facts of an inventory say of a comparison; `nil` when they say nothing.
    init?(facts: JSONValue) {
        let reconciliation = facts["reconciliation"] ?? .null
        let discrepancies = (facts["discrepancies"]?.arrayValue ?? []).compactMap(Discrepancy.init(json:))
        guard reconciliation != .null || !discrepancies.isEmpty else { return nil }
        key = reconciliation["by"]?.stringValue
        hasAllKeys = reconciliation["is_complete"]?.boolValue != false
        let rules = Self.rules(reconciliation, discrepancies)
        let failures = Self.failures(reconciliation, besides: rules)
        findings = rules.map(\.finding) + failures + Self.facts(reconciliation, discrepancies)
        isWhole = failures.isEmpty && rules.allSatisfy { $0.finding.count != nil }
    }

    /// Whether there are more keys than the table of findings shows.
    var hasMoreKeys: Bool { findings.contains { $0.keys.count > Table.fewKeys } }

    /// Whether a rule does not hold, or a key stands more than once.
    var hasDiscrepancies: Bool { findings.contains { $0.isDiscrepancy && $0.count ?? 0 > 0 } }
}

extension ComparisonReply {
    /// A key at which sources do not agree, or one does not agree with itself.
    private struct Discrepancy {
        let kind: String
        let source: String
        let other: String?
        let key: String
        let times: Int64?

        init?(json: JSONValue) {
            guard let kind = json["kind"]?.stringValue, let source = json["source"]?.stringValue else { return nil }
            self.kind = kind
            self.source = source
            other = json["other"]?.stringValue
            key = json["key"]?.stringValue ?? ""
            times = json["times"]?.intValue
        }

        var shownKey: String { times.map { "\(key) (\($0) times)" } ?? key }
    }

    /// What one source is expected to have to do with another.
    private struct Rule {
        let kind: String
        let source: String
        let other: String
        var finding: Finding
    }

    /// What has changed since the last good run, by its name in the facts.
    private static let changes = [("new", "new"), ("vanished", "gone")]

    /// The rules in their order, then what was found without one.
    private static func rules(_ reconciliation: JSONValue, _ discrepancies: [Discrepancy]) -> [Rule] {
        var rules: [Rule] = []
        for rule in reconciliation["rules"]?.arrayValue ?? [] {
            guard let source = rule["source"]?.stringValue else { continue }
            let isWithin = rule["within"]?.stringValue != nil
            let other = (isWithin ? rule["within"] : rule["apart_from"])?.stringValue ?? ""
            let count = rule["found"]?.intValue
            let what = "\(count == nil ? "not compared: " : "")\(isWithin ? "not in" : "also in") \(other)"
            var finding = Finding(source: source, count: count, what: what)
            if let reason = rule["exception"]?["message"]?.stringValue { finding.keys = [reason] }
            rules.append(
                Rule(kind: isWithin ? "missing_from" : "also_in", source: source, other: other, finding: finding))
        }
        for found in discrepancies {
            guard let other = found.other else { continue }
            let index = rules.firstIndex { ($0.kind, $0.source, $0.other) == (found.kind, found.source, other) }
            if let index {
                rules[index].finding.keys.append(found.shownKey)
                continue
            }
            let all = discrepancies.filter { ($0.kind, $0.source, $0.other) == (found.kind, found.source, other) }
            let what = (found.kind == "missing_from" ? "not in " : "also in ") + other
            let finding = Finding(source: found.source, count: Int64(all.count), what: what, keys: [found.shownKey])
            rules.append(Rule(kind: found.kind, source: found.source, other: other, finding: finding))
        }
        return rules
    }

    /// The sources whose keys are not known, or not to be trusted, unless one of `rules` says so.
    private static func failures(_ reconciliation: JSONValue, besides rules: [Rule]) -> [Finding] {
        (reconciliation["sources"]?.objectValue ?? [:]).compactMap { name, facts in
            let exception = facts["exception"].flatMap(ExceptionInfo.init(json:))
            let isTold = rules.contains { $0.finding.count == nil && [$0.source, $0.other].contains(name) }
            guard exception != nil || facts == .null && !isTold else { return nil }
            return Finding(
                source: name, count: nil, what: "not compared", keys: [exception?.message].compactMap(\.self))
        }
    }

    /// What was found in each source alone.
    private static func facts(_ reconciliation: JSONValue, _ discrepancies: [Discrepancy]) -> [Finding] {
        let facts = reconciliation["sources"]?.objectValue ?? [:]
        let doubled = Dictionary(grouping: discrepancies.filter { $0.other == nil }, by: \.source)
        let others = doubled.keys.filter { facts[$0] == nil }.sorted().map { ($0, JSONValue.null) }
        var findings: [Finding] = []
        for (name, fact) in facts.map({ ($0.key, $0.value) }) + others {
            let keys = doubled[name]?.map(\.shownKey) ?? []
            let count = fact["duplicates"]?.intValue ?? Int64(keys.count)
            findings.append(Finding(source: name, count: count, what: "more than once", keys: keys))
            for (key, what) in [("without_key", "without a key"), ("unusable", "with an unusable key")] {
                findings.append(
                    Finding(source: name, count: fact[key]?.intValue, what: what, isDiscrepancy: false))
            }
            for (change, what) in changes {
                let keys = reconciliation[change]?[name]?.arrayValue?.compactMap(\.stringValue) ?? []
                let count = fact[change]?.intValue
                findings.append(Finding(source: name, count: count, what: what, keys: keys, isDiscrepancy: false))
            }
        }
        return findings.filter { $0.count ?? 0 > 0 }
    }
}

extension Table {
    /// How many keys of each finding a person wants to see.
    fileprivate static let fewKeys = 3

    /// What comparing has found, with the first few keys of each.
    init(comparison: ComparisonReply) {
        self.init([
            Column(title: "SOURCE", canShrink: true), Column(title: "FOUND", isNumeric: true),
            Column(title: "WHAT", canShrink: true), Column(title: "KEYS", canShrink: true),
        ])
        for finding in comparison.findings {
            let isLeftOut = finding.count ?? 0 > Self.fewKeys && !finding.keys.isEmpty
            let keys = finding.keys.prefix(Self.fewKeys) + (isLeftOut ? ["…"] : [])
            append([
                Cell(finding.source), Cell(finding.count.map(String.init) ?? "-"), Cell(finding.what),
                Cell(keys.joined(separator: ", ")),
            ])
        }
    }

    /// Every key that comparing has found.
    init(keysOf comparison: ComparisonReply) {
        self.init([
            Column(title: "SOURCE", canShrink: true), Column(title: "WHAT", canShrink: true),
            Column(title: "KEY", canShrink: true),
        ])
        for finding in comparison.findings {
            for key in finding.keys { append([Cell(finding.source), Cell(finding.what), Cell(key)]) }
        }
    }
}
