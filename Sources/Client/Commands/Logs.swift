internal import ArgumentParser
internal import Glibc
internal import Model

struct Logs: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the output of a command.",
        discussion: """
            On a terminal control characters are made visible; anywhere else the bytes are exact. With --json each piece is \
            an object on a line of its own, whose text has U+FFFD in the place of what is no UTF-8.
            """)

    @Argument(help: "The task.") var id: TaskID
    @Flag(help: "Go on printing until the task is done, over further attempts and restarts of taskd.") var follow =
        false
    @Flag(help: "The standard error instead of the standard output.") var stderr = false
    @Option(parsing: .unconditional, help: ArgumentHelp("Start with this many of the last lines.", valueName: "lines"))
    var tail: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("Skip this many bytes of the attempt.", valueName: "bytes"))
    var offset: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The output of this attempt, not of the latest; with --follow, also of those after it."))
    var attempt: Int64?
    @Flag(help: "Print control characters unchanged; refused on a terminal.") var raw = false
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard tail ?? 0 >= 0 else { throw ValidationError("--tail must not be negative") }
        guard offset ?? 0 >= 0 else { throw ValidationError("--offset must not be negative") }
        guard attempt ?? 1 >= 1 else { throw ValidationError("--attempt counts from 1") }
        guard tail == nil || offset == nil else { throw ValidationError("give --tail or --offset, not both") }
    }

    func run(_ session: Session) throws -> ExitStatus {
        guard !raw || !session.output.isTerminal else {
            throw ClientError(
                code: .usage,
                message: "--raw would let the output command the terminal; pipe it through cat, or leave it out")
        }
        var printer = Printer(
            output: session.output, isRaw: raw, stream: session.wantsJSON ? (stderr ? "stderr" : "stdout") : nil)
        if follow {
            let first = try attempt ?? max(session.client.task(id).attempt, 1)
            var place = Place(attempt: first, offset: offset, tail: tail)
            do {
                try printAll(from: &place, session, &printer)
            } catch let error as ClientError where error.isOutage {
                try printer.finish()
                session.printError([
                    error.message.shown, "when it is back, go on with: taskctl logs \(id) --follow\(options(place))",
                ])
                return error.code
            }
        } else {
            var place = Place(attempt: attempt, offset: offset, tail: tail)
            try print(from: &place, session.client, &printer)
        }
        try printer.finish()
        return .success
    }
}

// MARK: - Reading

extension Logs {
    /// Where in the output of a task a reader stands.
    struct Place {
        /// `nil` for the latest.
        var attempt: Int64?
        /// How many bytes of the attempt come before.
        var offset: Int?
        /// How many of the last lines to begin with; `nil` for ``offset``.
        var tail: Int?
    }

    /// The call for the output from `place` on.
    func request(_ place: Place) -> Request {
        var query = [(name: "stream", value: stderr ? "stderr" : "stdout")]
        if let attempt = place.attempt { query.append((name: "attempt", value: String(attempt))) }
        if follow { query.append((name: "follow", value: "true")) }
        if let tail = place.tail { query.append((name: "tail", value: String(tail))) }
        if let offset = place.offset { query.append((name: "offset", value: String(offset))) }
        return .task(id, "output", method: .get, query: query)
    }

    /// The options that start where `place` is.
    private func options(_ place: Place) -> String {
        var options = stderr ? " --stderr" : ""
        if let attempt = place.attempt { options += " --attempt \(attempt)" }
        if let tail = place.tail { options += " --tail \(tail)" }
        if let offset = place.offset { options += " --offset \(offset)" }
        return options
    }

    /// Prints the output from `place` on, attempt by attempt, until the task is done.
    private func printAll(from place: inout Place, _ session: Session, _ printer: inout Printer) throws {
        try session.outlivingDaemon { _ in
            var hasAnswered = false
            do {
                while let attempt = place.attempt {
                    try print(from: &place, session.client, &printer)
                    hasAnswered = true
                    let task = try session.client.task(id)
                    place = Place(attempt: task.state.isDone && task.attempt <= attempt ? nil : attempt + 1)
                }
            } catch let error as ClientError where hasAnswered {
                throw error.afterAnAnswer
            }
        }
    }

    /// Prints what is there from `place` on and, to be followed, what comes, and moves `place` along.
    private func print(from place: inout Place, _ client: DaemonClient, _ printer: inout Printer) throws {
        let reply = try client.open(request(place))
        if let offset = reply.number(inHeader: "output-offset") {
            place = Place(attempt: place.attempt, offset: Int(offset))
        }
        while let bytes = try reply.next() {
            try printer.print(bytes)
            place.offset = place.offset.map { $0 + bytes.count }
        }
    }
}

extension Logs {
    /// Writes bytes as the reader needs them.
    private struct Printer {
        let output: Output
        let isRaw: Bool
        /// The stream to name in JSON; `nil` for the output as it is.
        let stream: String?
        var visible = VisibleBytes()
        /// The beginning of a character whose rest has not come yet.
        var carried: [UInt8] = []

        mutating func print(_ bytes: [UInt8]) throws(ClientError) {
            if let stream {
                var text = carried + bytes
                carried = Array(text.suffix(VisibleBytes.incompleteSuffix(of: text)))
                text.removeLast(carried.count)
                return try write(text, of: stream)
            }
            guard output.isTerminal, !isRaw else { return try output.write(bytes) }
            try output.write(visible.show(bytes))
        }

        private func write(_ text: [UInt8], of stream: String) throws(ClientError) {
            guard !text.isEmpty else { return }
            try output.json(["stream": .string(stream), "text": .string(String(decoding: text, as: UTF8.self))])
        }

        mutating func finish() throws(ClientError) {
            if let stream { try write(carried, of: stream) }
            try output.write(visible.finish())
        }
    }
}
