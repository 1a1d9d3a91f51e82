internal import ArgumentParser
internal import Glibc
internal import Model

struct Send: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Write to the standard input of a command that was submitted with --stdin-open.",
        discussion: """
            The words given make one line; without any, what taskctl reads on its own standard input is sent as it comes. \
            While the command has not started or does not read, taskctl waits. The input stays open until a send with --end.
            """)

    @Argument(help: "The task.") var id: TaskID
    @Argument(help: "The line to send.") var words: [String] = []
    @Flag(help: "End the input after what is sent: the command reads its end of file.") var end = false
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        var input = Input(id: id, client: session.client)
        if words.isEmpty {
            while let bytes = try nextInput() { try input.send(bytes) }
        } else {
            try input.send(Array((words.joined(separator: " ") + "\n").utf8))
        }
        if end { try input.send([], isLast: true) }
        if session.wantsJSON { try session.output.json(["written": JSONValue(input.count)]) }
        return .success
    }

    /// What is there next on standard input; `nil` at its end.
    private func nextInput() throws(ClientError) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count >= 0 { return count == 0 ? nil : Array(chunk[..<count]) }
            guard errno == EINTR else {
                throw ClientError(code: .usage, message: "standard input: \(SystemError())")
            }
        }
    }
}

/// The standard input of one attempt at a command.
private struct Input {
    /// How long a command is left alone that has not started or has not read.
    private static let pollInterval = Duration.milliseconds(50)

    let id: TaskID
    let client: DaemonClient
    /// How many bytes were sent.
    private(set) var count = 0
    private var attempt: Int64?

    init(id: TaskID, client: DaemonClient) {
        self.id = id
        self.client = client
    }

    /// Returns when all of `bytes` were taken.
    ///
    /// - Parameter isLast: whether the input ends with them.
    /// - Throws: ``ClientError``, also when another attempt has begun, which is to have no part of what is sent.
    mutating func send(_ bytes: [UInt8], isLast: Bool = false) throws {
        var rest = bytes[...]
        while true {
            let body = Request.Body(bytes: Array(rest), contentType: "application/octet-stream")
            let query = isLast ? [(name: "end", value: "true")] : []
            let reply = try client.json(
                Request(.post, "v1", "tasks", id.description, "input", query: query, body: body))
            let now = reply["attempt"]?.intValue
            guard let written = reply["written"]?.intValue.flatMap(Int.init(exactly:)), 0...rest.count ~= written else {
                throw ClientError.unexpectedReply(
                    "written of \(rest.count) bytes: \((reply["written"] ?? .null).text())")
            }
            guard attempt == nil || now == attempt else {
                let next = written > 0 ? "; \(written) more went to the new attempt" : ""
                throw ClientError(
                    code: .taskFailed, message: "task \(id) was tried again after \(count) bytes\(next)")
            }
            attempt = now
            count += written
            rest = rest.dropFirst(written)
            // Of an input that has not begun, not even the end was taken.
            if rest.isEmpty && reply["started"] != false { return }
            poll(nil, 0, CInt(Self.pollInterval.milliseconds))
        }
    }
}
