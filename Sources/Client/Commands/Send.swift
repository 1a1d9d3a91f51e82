internal import ArgumentParser
internal import Glibc
internal import Model

struct Send: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Write to the standard input of a command that was submitted with --stdin-open.",
        discussion: """
            The words given make one line; without any, what taskctl reads on its own standard input is sent as it comes. \
            While the command does not read, taskctl waits.
            """)

    /// How long a command is left alone that has not read, in milliseconds.
    private static let rest: CInt = 50

    @Argument(help: "The task.") var id: TaskID
    @Argument(help: "The line to send.") var words: [String] = []
    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        var count = 0
        if words.isEmpty {
            while let bytes = try nextInput() { count += try send(bytes, session) }
        } else {
            count = try send(Array((words.joined(separator: " ") + "\n").utf8), session)
        }
        if session.wantsJSON { try session.output.json(["written": JSONValue(count)]) }
        return .success
    }

    /// What is there next on standard input; `nil` at its end.
    private func nextInput() throws(ClientError) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count >= 0 { return count == 0 ? nil : Array(chunk[..<count]) }
            guard errno == EINTR else {
                throw ClientError(code: .usage, message: "standard input: \(String(cString: strerror(errno)))")
            }
        }
    }

    private func send(_ bytes: [UInt8], _ session: Session) throws -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let body = Request.Body(bytes: Array(rest), contentType: "application/octet-stream")
            let reply = try session.client.json(Request(.post, "v1", "tasks", id.description, "input", body: body))
            rest = rest.dropFirst(Int(reply["written"]?.intValue ?? 0))
            if !rest.isEmpty { poll(nil, 0, Self.rest) }
        }
        return bytes.count
    }
}
