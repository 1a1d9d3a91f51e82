internal import ArgumentParser

/// Options that may stand before the command too, or between its words: `taskctl --socket /run/t.sock list`.
enum LeadingOptions {
    /// `arguments` with the options of every command that stand before its last word put behind it, where its parser looks.
    static func arranged(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var options: [String] = []
        var path: [String] = []
        var command: any ParsableCommand.Type = TaskCtl.self
        while let word = rest.first {
            if let count = length(of: word) {
                options += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else if let next = command.subcommand(word) {
                path.append(word)
                command = next
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        return path + options + rest
    }

    /// How many words the option that begins with `word` has; `nil` when it is none of every command's.
    private static func length(of word: String) -> Int? {
        if word == "--json" || word.hasPrefix("--socket=") { return 1 }
        return word == "--socket" ? 2 : nil
    }
}

extension ParsableCommand {
    /// The subcommand called `name`.
    static func subcommand(_ name: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0.configuration.commandName == name }
    }
}
