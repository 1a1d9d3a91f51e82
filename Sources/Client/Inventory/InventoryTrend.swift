internal import Model

/// How the runs of one inventory went, oldest first.
struct InventoryTrend {
    /// How the counts of one source went.
    struct Row {
        let name: String
        /// A place for each run.
        fileprivate(set) var points: [Sparkline.Point]
        /// The last count there was, trusted or not.
        fileprivate(set) var last: (count: Int64, isTrusted: Bool)?
        /// The counts to trust.
        private var counts: [Int64] { points.compactMap { if case .number(let number) = $0 { number } else { nil } } }

        fileprivate init(name: String, runs: Int) {
            self.name = name
            points = Array(repeating: .nothing, count: runs)
        }

        /// How the last count differs from the trusted one before it.
        var change: Int64? {
            guard let last else { return nil }
            return (last.isTrusted ? counts.dropLast().last : counts.last).map { last.count - $0 }
        }

        /// How the last count differs from the first trusted one.
        var changeSinceFirst: Int64? {
            guard let last, let first = counts.first, points.count > 1 else { return nil }
            return last.count - first
        }

        /// In how many runs it did not answer.
        var failures: Int { points.count { $0 == .gap } }
        /// In how many runs its count was suspicious.
        var suspicions: Int { points.count { $0 == .warning } }
    }

    /// What all runs are called.
    let name: String
    let runs: [TaskReply]
    /// The sources in the order they first came.
    private(set) var rows: [Row] = []

    /// The trend over `runs`, which are done inventories of one name, oldest first.
    ///
    /// - Throws: ``ClientError`` when the facts of a run are not understood.
    init(name: String, runs: [TaskReply]) throws(ClientError) {
        self.name = name
        self.runs = runs
        for (place, run) in runs.enumerated() {
            let reply = try InventoryReply(run)
            for source in reply?.sources ?? [] { note(source.name, source.state, source.count, at: place) }
            // One that ended without any counts has none of what it was asked.
            guard reply == nil else { continue }
            for entry in run.json["job"]?["inventory"]?["sources"]?.arrayValue ?? [] {
                note(entry["name"]?.stringValue ?? "", .failed, nil, at: place)
            }
        }
    }

    private mutating func note(_ source: String, _ state: SourceReply.State, _ count: Int64?, at place: Int) {
        if !rows.contains(where: { $0.name == source }) { rows.append(Row(name: source, runs: runs.count)) }
        for index in rows.indices where rows[index].name == source { rows[index].note(state, count, at: place) }
    }

    /// The runs by their names, the one that ran last first.
    static func trends(of runs: [TaskReply]) throws(ClientError) -> [InventoryTrend] {
        var trends: [InventoryTrend] = []
        for name in runs.reversed().map(\.name) where !trends.contains(where: { $0.name == name }) {
            trends.append(try InventoryTrend(name: name, runs: runs.filter { $0.name == name }))
        }
        return trends
    }
}

extension InventoryTrend.Row {
    fileprivate mutating func note(_ state: SourceReply.State, _ count: Int64?, at place: Int) {
        switch state {
        case .ok: points[place] = count.map(Sparkline.Point.number) ?? .gap
        case .failed: points[place] = .gap
        case .suspicious: points[place] = .warning
        }
        if let count, state != .failed { last = (count, state == .ok) }
    }
}

extension Table {
    /// The narrowest a trend is drawn.
    private static let narrowestTrend = 8

    /// The trend in a table for a terminal of `columns` columns, or for none.
    init(trend: InventoryTrend, columns: Int?, _ alphabet: Sparkline.Alphabet) {
        let all = trend.runs.count
        guard let columns else {
            self.init(trend: trend, width: all, alphabet)
            return
        }
        // All but the trend keeps its width; the trend has the rest, and shows the latest runs.
        let others = Table(trend: trend, width: 0, alphabet).lines().map(\.displayWidth).max() ?? 0
        let room = columns - others + "TREND".count
        self.init(trend: trend, width: min(all, max(room, Self.narrowestTrend)), alphabet)
    }

    private init(trend: InventoryTrend, width: Int, _ alphabet: Sparkline.Alphabet) {
        self.init([
            Column(title: "SOURCE", canShrink: true), Column(title: "TREND"), Column(title: "COUNT", isNumeric: true),
            Column(title: "CHANGE", isNumeric: true), Column(title: "SINCE FIRST", isNumeric: true),
            Column(title: "FAILED", isNumeric: true), Column(title: "SUSPICIOUS", isNumeric: true),
        ])
        for row in trend.rows {
            append([
                Cell(row.name), Cell(Sparkline(points: row.points).text(width: width, alphabet)),
                Cell(row.last.map { String($0.count) } ?? "-", row.last?.isTrusted == false ? .yellow : nil),
                Cell(row.change.change), Cell(row.changeSinceFirst.change),
                Cell(String(row.failures), row.failures > 0 ? .red : nil),
                Cell(String(row.suspicions), row.suspicions > 0 ? .yellow : nil),
            ])
        }
    }
}
