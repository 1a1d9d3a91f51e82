internal import ArgumentParser
internal import Model

struct Inventory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "Run an inventory of a library's systems, and show its results.",
        usage: """
            taskctl inventory [<job>] [<options>]
            taskctl inventory show [<id>|<name>] [<options>]
            taskctl inventory history [<job>] [<options>]
            """,
        discussion: """
            taskctl inventory run --help lists the options of a run. A job that is called like one of the subcommands \
            runs with: taskctl inventory run <job>.
            """,
        subcommands: [Run.self, Show.self, History.self], defaultSubcommand: Run.self)
}
