internal import ArgumentParser
internal import Model

struct List: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tasks, oldest first.")

    @OptionGroup var selection: TaskSelection
    @Option(help: ArgumentHelp("Only members of this task.", valueName: "id")) var parent: TaskID?
    @OptionGroup var global: GlobalOptions

    /// What to ask for, `limit` aside.
    var query: [(name: String, value: String)] {
        selection.query() + (parent.map { [(name: "parent_id", value: $0.description)] } ?? [])
    }

    func run(_ session: Session) throws -> ExitStatus {
        try session.show(query, limit: selection.limit)
        return .success
    }
}

extension Session {
    private static let defaultLimit = 100

    /// Shows the tasks that `query` lets through; without a `limit` the first hundred, and whether there are more.
    func show(_ query: [(name: String, value: String)], limit: Int?) throws {
        let (tasks, hasMore) = try client.tasks(query, limit: limit ?? Self.defaultLimit)
        if wantsJSON {
            try output.json(.array(tasks.map(\.json)))
        } else {
            try show(Table(tasks: tasks))
        }
        if hasMore && limit == nil { try complain("there are more; these are the first \(tasks.count) (--limit)") }
    }
}
