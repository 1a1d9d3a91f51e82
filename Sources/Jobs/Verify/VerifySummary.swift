internal import Model

/// What a verification comes to: how many books have which status, and the first of those that somebody has to look after.
struct VerifySummary: Sendable {
    /// The most problems in a result; the report has all of them.
    private static let maximumProblems = 1000

    private var counts: [VerifyStatus: Int64] = [:]
    private var problems: [VerifyRow] = []

    /// Takes the next row of the report.
    mutating func add(_ row: VerifyRow) {
        counts[row.status, default: 0] += 1
        if !row.status.isFine, problems.count < Self.maximumProblems { problems.append(row) }
    }

    /// The result of the task.
    var json: JSONValue {
        var statuses = JSONObject()
        for status in VerifyStatus.allCases { statuses[status.rawValue] = .int(counts[status] ?? 0) }
        let wrong = counts.filter { !$0.key.isFine }.values.reduce(0, +)
        return [
            "total": .int(counts.values.reduce(0, +)), "statuses": .object(statuses),
            "problems": .array(problems.map(\.json)), "is_complete": .bool(wrong == Int64(problems.count)),
        ]
    }
}
