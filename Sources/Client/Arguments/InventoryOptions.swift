internal import ArgumentParser

/// The options of the commands that say what an inventory came to.
struct InventoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Exit 1 when it has found one of these; may be repeated.", valueName: "partial|suspicious|discrepancies"))
    var failOn: [CommaSeparated<InventoryFinding>] = []
    @Flag(help: "Print CSV, for spreadsheets.") var csv = false
    @Flag(help: "Print every key and every book that was found, not just the first.") var all = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Wait no longer than this, and exit 124; it goes on.", valueName: "duration"),
        transform: Duration.argument)
    var timeout: Duration?

    /// What is worth an exit code.
    var findings: [InventoryFinding] { InventoryFinding.allCases.filter(failOn.flatMap(\.elements).contains) }
}
