internal import Jobs
internal import Model

/// Compares the sources of an inventory by the keys that their checks have kept: with each other, as the rules say, and each
/// with its last good run.
struct Reconciler {
    /// The most discrepancies that are listed of one rule, and the most duplicates of one source.
    private static let maximumListed = 1000
    /// The most discrepancies of one inventory.
    private static let maximumDiscrepancies = 20_000
    /// How many new and vanished keys of a source are listed.
    private static let maximumChanges = 100

    private let reconciliation: Reconciliation
    private let sources: [ReconciledSource]
    private var discrepancies: [JSONValue] = []
    private var isComplete = true
    private var hasGaps = false

    /// What has changed in one source since its last good run.
    private struct Changes {
        let new: KeyComparison.List
        let vanished: KeyComparison.List
    }

    /// A comparison of `sources` as `reconciliation` wants it.
    init(_ reconciliation: Reconciliation, _ sources: [ReconciledSource]) {
        self.reconciliation = reconciliation
        self.sources = sources
    }

    /// Compares. What cannot be compared stands as `null`, with the exception where there is one.
    consuming func result() async -> ReconciliationResult {
        var reconciler = self
        return await reconciler.reconcile()
    }

    private mutating func reconcile() async -> ReconciliationResult {
        var rules: [JSONValue] = []
        for rule in reconciliation.rules { rules.append(await apply(rule)) }
        var (tallies, new, vanished) = (JSONObject(), JSONObject(), JSONObject())
        for source in sources {
            let exception = await listDuplicates(of: source)
            let changes = await changes(of: source)
            tallies[source.name] = tally(of: source, changes, exception)
            new[source.name] = list(changes?.new)
            vanished[source.name] = list(changes?.vanished)
        }
        let value: JSONValue = [
            "by": .string(reconciliation.kind.rawValue), "sources": .object(tallies), "rules": .array(rules),
            "new": .object(new), "vanished": .object(vanished), "is_complete": .bool(isComplete),
        ]
        return ReconciliationResult(value: value, discrepancies: discrepancies, hasGaps: hasGaps)
    }

    private mutating func apply(_ rule: Reconciliation.Rule) async -> JSONValue {
        var object: JSONObject = [
            "source": .string(rule.source), rule.relation.rawValue: .string(rule.other), "found": nil,
        ]
        guard let source = comparable(rule.source), let other = comparable(rule.other) else {
            hasGaps = true
            return .object(object)
        }
        do throws(ExceptionInfo) {
            let comparison = try await source.keys.compared(with: other.keys, limit: Self.maximumListed)
            switch rule.relation {
            case .within: object["found"] = found(comparison.onlyFirst, "missing_from", rule)
            case .apartFrom: object["found"] = found(comparison.both, "also_in", rule)
            }
        } catch {
            hasGaps = true
            object["exception"] = error.json
        }
        return .object(object)
    }

    private func comparable(_ name: String) -> ReconciledSource? {
        sources.first { $0.name == name && $0.isComparable }
    }

    private mutating func found(
        _ list: KeyComparison.List, _ kind: String, _ rule: Reconciliation.Rule
    ) -> JSONValue {
        for key in list.keys {
            add([
                "kind": .string(kind), "source": .string(rule.source), "other": .string(rule.other),
                "key": .string(key),
            ])
        }
        if list.count > list.keys.count { isComplete = false }
        return .int(list.count)
    }

    /// - Returns: why they cannot be listed, or `nil` when they are.
    private mutating func listDuplicates(of source: ReconciledSource) async -> ExceptionInfo? {
        guard source.isComparable else { return nil }
        do throws(ExceptionInfo) {
            let duplicates = try await source.keys.duplicates(limit: Self.maximumListed)
            for entry in duplicates {
                add([
                    "kind": "duplicate", "source": .string(source.name), "other": nil, "key": .string(entry.key),
                    "times": .int(entry.times),
                ])
            }
            if let all = source.tally?["duplicates"]?.intValue, all > duplicates.count { isComplete = false }
            return nil
        } catch {
            return error
        }
    }

    private mutating func add(_ discrepancy: JSONValue) {
        guard discrepancies.count < Self.maximumDiscrepancies else {
            isComplete = false
            return
        }
        discrepancies.append(discrepancy)
    }

    /// What has changed; `nil` when that is not known: there was no run before, or what it kept is gone.
    private mutating func changes(of source: ReconciledSource) async -> Changes? {
        guard source.isComparable, let before = source.before else { return nil }
        do throws(ExceptionInfo) {
            let comparison = try await source.keys.compared(with: before, limit: Self.maximumChanges)
            return Changes(new: comparison.onlyFirst, vanished: comparison.onlySecond)
        } catch {
            hasGaps = true
            return nil
        }
    }

    private mutating func list(_ list: KeyComparison.List?) -> JSONValue {
        guard let list else { return .null }
        if list.count > list.keys.count { isComplete = false }
        return .array(list.keys.map(JSONValue.string))
    }

    private mutating func tally(
        of source: ReconciledSource, _ changes: Changes?, _ exception: ExceptionInfo?
    ) -> JSONValue {
        guard let tally = source.tally else { return .null }
        var object = JSONObject()
        for key in ["keys", "unusable", "without_key", "duplicates"] { object[key] = tally[key] ?? .null }
        object["new"] = JSONValue(changes?.new.count)
        object["vanished"] = JSONValue(changes?.vanished.count)
        if let exception = exception?.json ?? tally["exception"] {
            object["exception"] = exception
            hasGaps = true
        }
        return .object(object)
    }
}
