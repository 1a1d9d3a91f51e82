internal import Model

/// What an inventory comes to: counts, how they changed, and which of them to trust.
struct InventoryResult {
    /// One source, and how asking it ended.
    struct Answer: Sendable {
        let name: String
        let outcome: Outcome?
        let detail: JSONValue?
        /// What its last good run counted, or `nil` when there was none.
        let baseline: Int64?
    }

    let answers: [Answer]
    let policy: InventoryPolicy
    /// How verifying the books has ended; `nil` when nobody asked for it.
    let verification: Outcome?
    /// What comparing the sources has come to; `nil` when nobody asked for it.
    var reconciliation: ReconciliationResult?

    /// How many silent sources a failure's message names; its details tell of all.
    private static let namedSilent = 10

    /// The outcome of the inventory: a failure when too few sources have answered.
    var outcome: Outcome {
        let answered = answers.count { $0.count != nil }
        let needed = policy.quorum ?? answers.count
        guard answered < needed else { return .succeeded(value) }
        let silent = answers.filter { $0.count == nil }
        var reasons = silent.prefix(Self.namedSilent).map { answer in
            "\(answer.name): \(answer.exception?.message ?? "not done")"
        }
        if silent.count > reasons.count { reasons.append("and \(silent.count - reasons.count) more") }
        let message =
            "\(answered) of \(answers.count) sources have answered, \(needed) must; " + reasons.joined(separator: "; ")
        guard case .object(let details) = value else { return .failed(.internalError(message)) }
        return .failed(ExceptionInfo(type: "QuorumNotMet", message: message, details: details))
    }

    /// The result as it stands in the task.
    private var value: JSONValue {
        [
            "counts": object { $0.count.map { .int($0) } ?? .null },
            "total": .int(answers.compactMap(\.count).reduce(0, +)),
            "deltas": object { answer in
                guard let count = answer.count, let baseline = answer.baseline else { return .null }
                return .int(count - baseline)
            },
            "sources": object { description(of: $0) },
            "discrepancies": .array(reconciliation?.discrepancies ?? []),
            "reconciliation": reconciliation?.value ?? .null,
            "verification": verification.map { $0.result ?? ["exception": $0.exception?.json ?? .null] } ?? .null,
            "verdict": .string(verdict),
        ]
    }

    private var verdict: String {
        let states = Set(answers.map { state(of: $0) })
        if states.contains("suspicious") { return "suspicious" }
        let isWhole = !states.contains("failed") && reconciliation?.hasGaps != true && verification?.exception == nil
        return isWhole ? "ok" : "partial"
    }

    /// Whether the count of the source called `name` is there and not suspicious.
    func isTrusted(_ name: String) -> Bool {
        answers.contains { $0.name == name && state(of: $0) == "ok" }
    }

    private func object(_ value: (Answer) -> JSONValue) -> JSONValue {
        var object = JSONObject()
        for answer in answers { object[answer.name] = value(answer) }
        return .object(object)
    }

    private func description(of answer: Answer) -> JSONValue {
        [
            "state": .string(state(of: answer)), "count": JSONValue(answer.count),
            "exact": answer.detail?["exact"] ?? .null, "damaged": answer.detail?["damaged"] ?? .null,
            "method": answer.detail?["method"] ?? .null,
            "took_ms": answer.detail?["took_ms"] ?? .null, "checked_at": answer.detail?["checked_at"] ?? .null,
            "exception": answer.exception?.json ?? .null,
        ]
    }

    private func state(of answer: Answer) -> String {
        guard let count = answer.count else { return "failed" }
        // What is damaged cannot be counted: it is lost like what has vanished.
        let isDamaged = answer.damagedPercent > policy.dropAlertPercent
        return isDamaged || isSuspicious(count, after: answer.baseline) ? "suspicious" : "ok"
    }

    /// A library does not lose its books overnight; its systems lose sight of them.
    private func isSuspicious(_ count: Int64, after baseline: Int64?) -> Bool {
        // Who allows a fall by 100 % allows any.
        guard let baseline, baseline > 0, count < baseline, policy.dropAlertPercent < 100 else { return false }
        return count == 0 || Double(baseline - count) / Double(baseline) * 100 > policy.dropAlertPercent
    }
}

extension InventoryResult.Answer {
    /// What was counted; a source that could not be counted counts as nothing, never as 0.
    var count: Int64? {
        guard case .succeeded(let result)? = outcome else { return nil }
        return result[name]?.intValue
    }

    /// How many of its records were not counted because they are damaged, in percent.
    var damagedPercent: Double {
        guard let damaged = detail?["damaged"]?.doubleValue, let live = detail?["live"]?.doubleValue, damaged > 0
        else { return 0 }
        return damaged / (live + damaged) * 100
    }

    var exception: ExceptionInfo? { outcome?.exception }
}
