internal import ArgumentParser
internal import Model

extension Inventory {
    struct Run: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "run",
            abstract: "Run an inventory, show its progress, and print its report.",
            discussion: """
                Exits 1 when the inventory failed or found what --fail-on names, 2 when it was cancelled, 124 at the \
                timeout. After Ctrl-C it goes on.
                """)

        @Argument(help: "One of the daemon's job files; may be left out when only one is an inventory.")
        var job: String?
        @Option(name: [.short, .long], help: "A job file in YAML or JSON; - for standard input.", completion: .file())
        var file: String?
        @Option(help: ArgumentHelp("Ask only these sources.", valueName: "name,…"))
        var sources: [CommaSeparated<String>] = []
        @Option(
            help: ArgumentHelp("Look at the books whose barcodes stand in this file, one a line.", valueName: "file"),
            completion: .file())
        var verify: String?
        @OptionGroup var options: InventoryOptions
        @OptionGroup var global: GlobalOptions

        mutating func validate() throws {
            guard job != "" else { throw ValidationError("the job's name must not be empty") }
            try global.requireOneForm(isCSV: options.csv)
        }

        func run(_ session: Session) throws -> ExitStatus {
            let task = try TaskReply(json: session.client.json(chosenJob(session.client).request))
            let form: InventoryForm = !options.csv ? .report : verify == nil ? .sources : .books
            return try session.follow(inventory: task.id, as: form, options, isSubmitted: true)
        }

        /// The job as the arguments want it.
        private func chosenJob(_ client: DaemonClient) throws -> InventoryJob {
            // Not in validate(), where an unknown option has not been found yet and its value passes for a job.
            guard job == nil || file == nil else { throw ValidationError("give a job's name or --file, not both") }
            var chosen =
                try file.map { try InventoryJob(file: $0, client: client) }
                ?? InventoryJob(name: job, client: client)
            let sources = sources.flatMap(\.elements)
            if let verify { try chosen.verify(scanned: verify) }
            if !sources.isEmpty { try chosen.keep(sources: sources, isVerified: verify != nil) }
            return chosen
        }
    }
}
