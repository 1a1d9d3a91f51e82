internal import ArgumentParser

/// A word to find tasks by, and its value: `key=value`.
struct Label: ExpressibleByArgument, Sendable, Hashable {
    let key: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}
