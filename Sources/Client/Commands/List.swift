internal import ArgumentParser
internal import Model

struct List: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the latest tasks, oldest first.")

    @OptionGroup var selection: TaskSelection
    @Option(help: ArgumentHelp("Only members of this task.", valueName: "id")) var parent: TaskID?
    @OptionGroup var global: GlobalOptions

    /// What to ask for, `limit` aside.
    var query: [(name: String, value: String)] {
        selection.query() + (parent.map { [(name: "parent_id", value: $0.description)] } ?? [])
    }

    func run(_ session: Session) throws -> ExitStatus {
        try session.show(query, limit: selection.limit, isNewestFirst: false)
        return .success
    }
}

extension Session {
    private static let defaultLimit = 100

    /// Shows the latest of the tasks that `query` lets through; without a `limit` a hundred, and whether there are more.
    func show(_ query: [(name: String, value: String)], limit: Int?, isNewestFirst: Bool) throws {
        let (found, hasMore) = try client.tasks(
            query + [(name: "order", value: "desc")], limit: limit ?? Self.defaultLimit)
        let tasks = isNewestFirst ? found : found.reversed()
        try answer(.array(tasks.map(\.json)), or: lines(tasks))
        if hasMore && limit == nil {
            printError("there are older ones; these are the latest \(tasks.count) (--limit)")
        }
    }
}
