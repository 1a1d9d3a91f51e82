internal import Model

extension Session {
    /// Waits for the inventory numbered `id`, showing how far it is, and prints what it came to; returns what to tell the shell.
    ///
    /// - Parameter isSubmitted: whether it was submitted by this very call.
    func follow(
        inventory id: TaskID, as form: InventoryForm, _ options: InventoryOptions, isSubmitted: Bool = false
    ) throws -> ExitStatus {
        let again = "taskctl inventory show \(id)"
        let notice = "inventory \(id) goes on; to see what comes of it: \(again)"
        if errors.isTerminal { InterruptNotice.prepare("taskctl: \(notice)", on: errors) }
        let waiting =
            isSubmitted
            ? try wait(forSubmitted: [id], timeout: options.timeout, orRun: again)
            : try wait(for: [id], timeout: options.timeout)
        guard let task = waiting.done.first else {
            let limit = options.timeout.map { " within \($0.secondsText)s" } ?? ""
            printError("inventory \(id) is not done\(limit); it goes on, to see what comes of it: \(again)")
            return .timedOut
        }
        let reply = try InventoryReply(task)
        if wantsJSON {
            try output.json(task.json)
        } else if let reply {
            try print(reply, as: form, isWhole: options.all)
        }
        guard task.state == .succeeded, let reply else {
            printError(task.complaint)
            return ExitStatus(state: task.state)
        }
        let found = options.findings.filter(reply.has)
        guard !found.isEmpty else { return .success }
        printError("found what --fail-on names: \(found.map(\.rawValue).joined(separator: ", "))")
        return .taskFailed
    }

    private func print(_ reply: InventoryReply, as form: InventoryForm, isWhole: Bool) throws {
        switch form {
        case .report: try report(reply, isWhole: isWhole)
        case .sources: try output.write(reply.csv)
        case .books: try copyBooks(of: reply.task)
        }
    }

    /// The list of books is what the verification has written, which only the daemon has.
    private func copyBooks(of task: TaskReply) throws(ClientError) {
        let query = [(name: "parent_id", value: task.id.description), (name: "kind", value: "verify")]
        guard let member = try client.tasks(query, limit: 1).tasks.first else {
            throw ClientError(
                code: .usage, message: "inventory \(task.id) has looked at no books; run one with --verify <file>")
        }
        let list = try client.open(
            .task(member.id, "output", method: .get, query: [(name: "stream", value: "stdout")]))
        var visible = VisibleBytes()
        while let bytes = try list.next() {
            if output.isTerminal { try output.write(visible.show(bytes)) } else { try output.write(bytes) }
        }
        try output.write(visible.finish())
    }
}

// MARK: - For a person

extension Session {
    /// How many books that are not as they should be a person wants to see.
    private static let fewProblems = 10

    private func report(_ reply: InventoryReply, isWhole: Bool) throws {
        try showSources(of: reply)
        let (word, sentence, colour) = reply.verdict
        try output.lines(["", "\(output.showsColour ? colour.paint(word) : word): \(sentence)"])
        if let comparison = reply.comparison { try report(comparison, of: reply.task.id, isWhole: isWhole) }
        if let verification = reply.verification { try report(verification, of: reply.task.id, isWhole: isWhole) }
    }

    /// A reason that is cut off is none: where the notes have no room in the table they stand below.
    private func showSources(of reply: InventoryReply) throws {
        let table = Table(inventory: reply, hasNotes: true)
        guard let columns = output.size?.columns, table.lines().contains(where: { $0.displayWidth > columns }) else {
            return try show(table)
        }
        try show(Table(inventory: reply, hasNotes: false))
        try output.lines(reply.sources.filter { !$0.note.isEmpty }.map { "\($0.name): \($0.note)".shown })
    }

    private func report(_ comparison: ComparisonReply, of id: TaskID, isWhole: Bool) throws {
        let title = "compared" + (comparison.key.map { " by \($0)" } ?? "")
        guard !comparison.findings.isEmpty else {
            return try output.lines(["", "\(title): nothing to tell".shown])
        }
        try output.lines(["", "\(title):".shown])
        try show(Table(comparison: comparison))
        if isWhole {
            try output.line("")
            try show(Table(keysOf: comparison))
        } else if comparison.hasMoreKeys {
            try output.line("every key: taskctl inventory show \(id) --all")
        }
        if !comparison.hasAllKeys { try output.line("the lists were cut; the counts are whole") }
    }

    private func report(_ verification: VerificationReply, of id: TaskID, isWhole: Bool) throws {
        if let exception = verification.exception {
            let reason = exception.message.isEmpty ? exception.type : exception.message
            return try output.lines(["", "the books were not verified: \(reason)".shown])
        }
        try output.lines(["", "verified \(verification.total.map { "\($0) " } ?? "")books:"])
        try show(Table(verification: verification))
        guard !verification.problems.isEmpty else { return }
        let shown = verification.problems.prefix(isWhole ? .max : Self.fewProblems)
        try output.line("")
        try show(Table(problems: shown))
        if verification.problemCount > shown.count {
            let rest = verification.problemCount - Int64(shown.count)
            try output.line("and \(rest) more; every book: taskctl inventory show \(id) --books")
        }
    }
}

extension InventoryReply {
    /// The sources as CSV.
    fileprivate var csv: String {
        let titles = ["source", "count", "change", "state", "took_ms", "exact", "method", "checked_at", "note"]
        return sources.reduce(CSVRow(titles.map(JSONValue.string)).line) { text, source in
            let took = source.took.map { JSONValue.int($0.milliseconds) } ?? .null
            return text
                + CSVRow([
                    .string(source.name), JSONValue(source.count), JSONValue(source.delta),
                    .string(source.state.rawValue), took, source.isExact.map(JSONValue.bool) ?? .null,
                    JSONValue(source.method), JSONValue(source.checkedAt), .string(source.note),
                ]).line
        }
    }
}
