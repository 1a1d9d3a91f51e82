internal import ArgumentParser
internal import Model

struct History: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List tasks that are done, newest first.")

    @OptionGroup var selection: TaskSelection
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard selection.state.flatMap(\.elements).allSatisfy(\.isDone) else {
            throw ValidationError("the history holds done tasks only; use: taskctl list --state …")
        }
    }

    /// What to ask for, `limit` aside.
    var query: [(name: String, value: String)] {
        selection.query(defaultStates: TaskState.allCases.filter(\.isDone)) + [(name: "sort", value: "done")]
    }

    func run(_ session: Session) throws -> ExitStatus {
        try session.show(query, limit: selection.limit, isNewestFirst: true)
        return .success
    }
}
