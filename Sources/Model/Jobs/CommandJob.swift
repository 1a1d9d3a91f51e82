/// A program to run with its arguments; a shell job is one whose program is `/bin/sh -c`.
package struct CommandJob: Sendable, Hashable {
    /// What becomes of the standard output.
    package enum Output: String, Sendable, Hashable, CaseIterable {
        /// Its last 64 KiB stand in the result as text.
        case text
        /// It is parsed as JSON and is the result.
        case json
    }

    /// The program and its arguments; never empty.
    package let arguments: [String]
    /// Variables given to the program beside the allowed ones of the daemon.
    package let environment: [ExactText: String]
    /// The directory to run in; relative to the job's directory; `nil` for that directory itself.
    package let workingDirectory: String?
    /// Text given on standard input; `nil` for an empty input.
    package let standardInput: String?
    /// Whether the standard input stays open after that text, so that the program never sees its end.
    package let keepsInputOpen: Bool
    /// What becomes of the standard output.
    package let output: Output
    /// What each of its processes may use of the machine.
    package let limits: ResourceLimits
    /// How far its processes stand back for others, from -20 to 19; 0 for as little as the daemon.
    package let niceness: Int

    /// The longest text that an input which stays open can hold before the program reads it: a pipe's room, pipe(7).
    package static let maximumOpenInput = 65_536

    static let keys = ["env", "cwd", "stdin", "stdin_open", "output", "rlimits", "nice"]

    /// The command `arguments` with the modifiers taken from `fields`.
    init(arguments: [String], fields: inout Fields) throws(InvalidInput) {
        self.arguments = arguments
        var environment: [ExactText: String] = [:]
        if let field = fields.take("env") {
            for (name, value) in try field.strings() {
                guard !name.utf8.contains(UInt8(ascii: "=")) else {
                    throw field.invalid("a variable's name cannot hold =: \(name)")
                }
                environment[ExactText(name)] = value
            }
        }
        self.environment = environment
        workingDirectory = try fields.take("cwd")?.name(limit: 4095)
        keepsInputOpen = try fields.take("stdin_open")?.bool() ?? false
        let input = fields.take("stdin")
        standardInput = try input?.string()
        if let input, let standardInput, keepsInputOpen, standardInput.utf8.count > Self.maximumOpenInput {
            throw input.invalid("is longer than the \(Self.maximumOpenInput) bytes that go with stdin_open")
        }
        output = try fields.take("output")?.choice() ?? .text
        limits =
            try fields.take("rlimits").map { field throws(InvalidInput) in try ResourceLimits(field: field) } ?? .none
        niceness = Int(try fields.take("nice")?.int(in: -20...19) ?? 0)
    }
}
