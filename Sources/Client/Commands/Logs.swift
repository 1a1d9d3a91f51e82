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
    @Flag(help: "Go on printing until the task is done.") var follow = false
    @Flag(help: "The standard error instead of the standard output.") var stderr = false
    @Option(parsing: .unconditional, help: ArgumentHelp("Start with this many of the last lines.", valueName: "lines"))
    var tail: Int?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Skip this many bytes of the latest attempt.", valueName: "bytes")) var offset: Int?
    @Flag(help: "Print control characters unchanged; refused on a terminal.") var raw = false
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard tail ?? 0 >= 0 else { throw ValidationError("--tail must not be negative") }
        guard offset ?? 0 >= 0 else { throw ValidationError("--offset must not be negative") }
        guard tail == nil || offset == nil else { throw ValidationError("give --tail or --offset, not both") }
    }

    /// The call for the output.
    var request: Request {
        var query = [(name: "stream", value: stderr ? "stderr" : "stdout")]
        if follow { query.append((name: "follow", value: "true")) }
        if let tail { query.append((name: "tail", value: String(tail))) }
        if let offset { query.append((name: "offset", value: String(offset))) }
        return .task(id, "output", method: .get, query: query)
    }

    func run(_ session: Session) throws -> ExitStatus {
        guard !raw || !session.output.isTerminal else {
            throw ClientError(
                code: .usage,
                message: "--raw would let the output command the terminal; pipe it through cat, or leave it out")
        }
        var printer = Printer(
            output: session.output, isRaw: raw, stream: session.wantsJSON ? (stderr ? "stderr" : "stdout") : nil)
        let countsBytes = try follow && tail == nil && hasOneAttempt(session.client.task(id))
        let reply = try session.client.open(request)
        var end = offset ?? 0
        do {
            while let bytes = try reply.next() {
                try printer.print(bytes)
                end += bytes.count
            }
        } catch {
            guard follow, error.cause is HungUp, hasStopped(session.client) else { throw error }
            try printer.finish()
            let place = tail.map { " --tail \($0)" } ?? (countsBytes ? " --offset \(end)" : "")
            let options = (stderr ? " --stderr" : "") + place
            try session.printError(
                "taskd is stopping; when it is back, go on with: taskctl logs \(id) --follow\(options)")
            return .tryAgain
        }
        try printer.finish()
        return .success
    }

    /// Whether what is printed is of one attempt, and its length an offset in that.
    private func hasOneAttempt(_ task: TaskReply) -> Bool {
        task.json["max_attempts"]?.intValue == 1 && task.json["job"]?["on_interrupt"] != "rerun"
    }

    /// Whether the daemon that hung up is stopping, or the next one is there or about to come. One that has stopped took its
    /// socket away, which one that was killed left behind.
    private func hasStopped(_ client: DaemonClient) -> Bool {
        do throws(ClientError) {
            _ = try client.json(Request(.get, "v1", "health"), patience: .seconds(5))
            return true
        } catch {
            return access(client.socketPath, F_OK) != 0
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
