internal import GRDB
internal import Model

/// One thing that a filter asks of tasks.
private struct Criterion {
    /// It in SQL.
    let sql: String
    let arguments: StatementArguments
    /// A query for the ids of the tasks that meet it and no others, through an index; `nil` when none leads to them.
    var source: String?
    /// It in SQL that SQLite has to begin with; `nil` when there is no source.
    var lead: String?

    init(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) {
        self.sql = sql
        self.arguments = StatementArguments(arguments)
    }

    /// One that `source` leads to.
    func found(by source: String) -> Self {
        var criterion = self
        (criterion.source, criterion.lead) = (source, "id IN (\(source))")
        return criterion
    }

    /// An equation that `index` leads to, in the order of ids.
    func found(inOrderOf index: String) -> Self {
        var criterion = self
        (criterion.source, criterion.lead) = ("SELECT id FROM tasks INDEXED BY \(index) WHERE \(sql)", sql)
        return criterion
    }
}

extension TaskFilter {
    /// A criterion that fewer tasks than this meet is selective: SQLite looks at those one by one.
    private static let selectiveRowLimit = 50_000

    /// The condition in SQL. Where few tasks meet one of the criteria, SQLite begins with those; where many meet
    /// each, it mostly finds the next soon that meets all.
    func condition(_ db: Database) throws -> (sql: String, arguments: StatementArguments) {
        let criteria = criteria
        let guide = try rarest(of: criteria, db)
        var terms: [String] = []
        var arguments: StatementArguments = []
        for (index, criterion) in criteria.enumerated() {
            let lead = index == guide ? criterion.lead : nil
            // SQLite uses no index for what stands behind a `+`. Only one in the order of the page is of use for one of many.
            let isFree = guide == nil && sort == .id && criterion.lead == criterion.sql
            terms.append(lead ?? (isFree ? criterion.sql : "+\(criterion.sql)"))
            arguments += criterion.arguments
        }
        if sort == .done { terms.append("done_seq IS NOT NULL") }
        if let cursor {
            terms.append("\(sort.column) \(order == .ascending ? ">" : "<") ?")
            arguments += [cursor]
        }
        return (terms.isEmpty ? "TRUE" : terms.joined(separator: " AND "), arguments)
    }

    /// The order in SQL.
    var ordering: String { "\(sort.column) \(order == .ascending ? "ASC" : "DESC")" }

    /// The place that the cursor behind `task` names.
    func place(of task: TaskRecord) -> Int64? {
        switch sort {
        case .id: task.id.number
        case .done: task.doneSequence
        }
    }

    /// The place of the criterion that the fewest tasks meet; `nil` when many meet each, or there is nothing to choose.
    private func rarest(of criteria: [Criterion], _ db: Database) throws -> Int? {
        let sources = criteria.enumerated().filter { $0.element.source != nil }
        // One alone whose index has the order of the page leads to it however many meet it.
        guard sources.count > 1 || sort != .id || sources.contains(where: { $0.element.lead != $0.element.sql }) else {
            return nil
        }
        let counts = try sources.map { index, criterion in
            let sql = "SELECT count(*) FROM (\(criterion.source ?? "") LIMIT \(Self.selectiveRowLimit))"
            return (index, try Int.fetchOne(db.makeStatement(sql: sql), arguments: criterion.arguments) ?? 0)
        }
        return counts.filter { $0.1 < Self.selectiveRowLimit }.min { $0.1 < $1.1 }?.0
    }

    private var criteria: [Criterion] {
        var criteria: [Criterion] = []
        if sort == .done, states.isSuperset(of: TaskState.allCases.filter(\.isDone)) {
            // All that have a place.
        } else if states.count == 1, let state = states.first {
            criteria.append(Criterion("state = ?", state.rawValue).found(inOrderOf: "tasks_state"))
        } else if !states.isEmpty {
            let names = states.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            let sql = "state IN (\(names))"
            criteria.append(
                Criterion(sql).found(by: "SELECT id FROM tasks INDEXED BY tasks_state WHERE \(sql)"))
        }
        if let name {
            let isPattern = name.contains { "*?[".contains($0) }
            criteria.append(
                isPattern ? Criterion("name GLOB ?", name) : Criterion("name = ?", name).found(inOrderOf: "tasks_name"))
        }
        if let kind { criteria.append(Criterion("kind = ?", kind.rawValue).found(inOrderOf: "tasks_kind")) }
        if let queue { criteria.append(Criterion("queue = ?", queue).found(inOrderOf: "tasks_queue")) }
        if let owner { criteria.append(Criterion("submitted_uid = ?", owner).found(inOrderOf: "tasks_owner")) }
        if let parentID {
            criteria.append(
                Criterion("parent_id = ?", parentID.number).found(
                    by: "SELECT id FROM tasks INDEXED BY tasks_members WHERE parent_id = ?"))
        }
        for label in labels {
            let source = "SELECT task_id FROM labels WHERE key = ? AND value = ?"
            criteria.append(
                Criterion("EXISTS (\(source) AND task_id = tasks.id)", label.key, label.value).found(by: source))
        }
        if since != nil || until != nil {
            let sql = "(submitted_at >= ? AND submitted_at < ?)"
            criteria.append(
                Criterion(sql, since?.description ?? "", until?.description ?? "~").found(
                    by: "SELECT id FROM tasks INDEXED BY tasks_submitted WHERE \(sql)"))
        }
        return criteria
    }
}

extension TaskFilter.Sort {
    fileprivate var column: String {
        switch self {
        case .id: "id"
        case .done: "done_seq"
        }
    }
}
