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
    package let environment: [String: String]
    /// The directory to run in; relative to the job's directory; `nil` for that directory itself.
    package let workingDirectory: String?
    /// Text given on standard input; `nil` for an empty input.
    package let standardInput: String?
    /// What becomes of the standard output.
    package let output: Output

    static let keys = ["env", "cwd", "stdin", "output"]

    /// The command `arguments` with the modifiers taken from `fields`.
    init(arguments: [String], fields: inout Fields) throws(InvalidInput) {
        self.arguments = arguments
        var environment: [String: String] = [:]
        if let field = fields.take("env") {
            for (name, value) in try field.strings() {
                guard !name.contains("=") else { throw field.invalid("a variable's name cannot hold =: \(name)") }
                environment[name] = value
            }
        }
        self.environment = environment
        workingDirectory = try fields.take("cwd")?.name(limit: 4095)
        standardInput = try fields.take("stdin")?.string()
        output = try fields.take("output")?.choice() ?? .text
    }
}
