internal import ArgumentParser
internal import Model

extension Inventory {
    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print the report of an inventory once it is done: the latest one, or the one given.")

        @Argument(help: ArgumentHelp("Its task, or the name of a job to see its latest run.", valueName: "id|name"))
        var task: String?
        @Flag(help: "Print the list of books of the verification as CSV.") var books = false
        @OptionGroup var options: InventoryOptions
        @OptionGroup var global: GlobalOptions

        mutating func validate() throws {
            guard [options.csv, books, global.json].count(where: { $0 }) <= 1 else {
                throw ValidationError("give one of --csv, --books and --json")
            }
        }

        func run(_ session: Session) throws -> ExitStatus {
            let found = try find(session.client)
            guard found.kind == TaskKind.inventory.rawValue else {
                throw ClientError(
                    code: .usage, message: "task \(found.id) is a \(found.kind), not an inventory (taskctl status)")
            }
            let form: InventoryForm = books ? .books : options.csv ? .sources : .report
            return try session.follow(inventory: found.id, as: form, options)
        }

        private func find(_ client: DaemonClient) throws(ClientError) -> TaskReply {
            if let id = task.flatMap(TaskID.init(argument:)) { return try client.task(id) }
            guard let latest = try client.inventories(named: task, limit: 1).last else {
                let name = task.map { " called \($0)" } ?? ""
                throw ClientError(code: .noSuchTask, message: "no inventory\(name) has run; taskctl inventory runs one")
            }
            return latest
        }
    }
}
