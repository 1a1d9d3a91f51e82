internal import ArgumentParser

/// A word and its value, `key=value`: a label to find tasks by, or a variable of a command.
struct Label: ExpressibleByArgument, Sendable, Hashable {
    let key: String
    let value: String

    init?(argument: String) {
        // Scalars: with a mark that combines with it, the sign would be another character.
        let scalars = argument.unicodeScalars
        guard let equals = scalars.firstIndex(of: "="), equals > scalars.startIndex else { return nil }
        key = String(scalars[..<equals])
        value = String(scalars[scalars.index(after: equals)...])
    }
}
