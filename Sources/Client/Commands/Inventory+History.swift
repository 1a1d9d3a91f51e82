internal import ArgumentParser
internal import Model

extension Inventory {
    struct History: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "Show how the counts went over the last runs, oldest first.",
            discussion: """
                One character a run: the higher the more, · where a source did not answer, ! where its count was \
                suspicious. Runs belong together by their task's name.
                """)

        @Argument(help: ArgumentHelp("Only runs of this job (*, ? and [a-z] match many).", valueName: "name"))
        var job: String?
        @Option(parsing: .unconditional, help: ArgumentHelp("Show at most this many runs.", valueName: "number"))
        var limit = 30
        @Flag(help: "Print CSV, for spreadsheets: a line a run and source.") var csv = false
        @OptionGroup var global: GlobalOptions

        mutating func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
            try global.requireOneForm(isCSV: csv)
        }

        func run(_ session: Session) throws -> ExitStatus {
            let runs = try session.client.inventories(named: job, limit: limit, states: [.succeeded, .failed])
            if let job, runs.isEmpty {
                throw ClientError(code: .noSuchTask, message: "no inventory called \(job) has run yet")
            }
            if session.wantsJSON {
                try session.output.json(.array(runs.map(\.json)))
            } else if csv {
                try printRows(of: runs, session.output)
            } else if runs.isEmpty {
                session.printError("no inventory has run yet")
            } else {
                try print(InventoryTrend.trends(of: runs), session)
            }
            return .success
        }

        private func print(_ trends: [InventoryTrend], _ session: Session) throws(ClientError) {
            let alphabet: Sparkline.Alphabet = session.output.showsUnicode ? .blocks : .ascii
            for (position, trend) in trends.enumerated() {
                let times = [trend.runs.first, trend.runs.last].map { $0?.finishedAt?.shortText ?? "-" }
                let count =
                    trend.runs.count == 1
                    ? "1 run, \(times[0])" : "\(trend.runs.count) runs, \(times[0]) to \(times[1])"
                if position > 0 { try session.output.line("") }
                try session.output.line("\(trend.name.shown): \(count)")
                try session.show(Table(trend: trend, columns: session.output.size?.columns, alphabet))
            }
        }

        private func printRows(of runs: [TaskReply], _ output: Output) throws(ClientError) {
            var text = CSVRow(["task", "job", "finished_at", "source", "state", "count"]).line
            for run in runs {
                let head: [JSONValue] = [run.id.json, .string(run.name), run.json["finished_at"] ?? .null]
                for source in try InventoryReply(run)?.sources ?? [] {
                    let rest: [JSONValue] = [
                        .string(source.name), .string(source.state.rawValue), JSONValue(source.count),
                    ]
                    text += CSVRow(head + rest).line
                }
            }
            try output.write(text)
        }
    }
}

extension DaemonClient {
    /// The latest inventories, oldest first: those called `name`, or all, at most `limit`.
    func inventories(
        named name: String?, limit: Int, states: [TaskState] = []
    ) throws(ClientError) -> [TaskReply] {
        func query(_ name: String?) -> [(name: String, value: String)] {
            let states = states.map(\.rawValue).joined(separator: ",")
            let pairs: [(name: String, value: String?)] = [
                ("kind", TaskKind.inventory.rawValue), ("order", "desc"), ("name", name),
                ("state", states.isEmpty ? nil : states),
            ]
            return pairs.compactMap { pair in pair.value.map { (pair.name, $0) } }
        }
        guard let name else { return try tasks(query(nil), limit: limit).tasks.reversed() }
        return try tasks(called: name, limit: limit, query).reversed()
    }
}
