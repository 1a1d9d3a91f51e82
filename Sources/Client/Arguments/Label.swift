internal import ArgumentParser

/// A word and its value, `key=value`: a label to find tasks by, or a variable of a command.
struct Label: ExpressibleByArgument, Sendable, Hashable {
    let key: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}
