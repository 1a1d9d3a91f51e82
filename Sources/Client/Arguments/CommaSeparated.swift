internal import ArgumentParser

/// Several values in one argument, separated by commas.
struct CommaSeparated<Element: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    let elements: [Element]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        elements = parts.compactMap { Element(argument: String($0)) }
        guard elements.count == parts.count else { return nil }
    }

    static var allValueStrings: [String] { Element.allValueStrings }
    static var defaultCompletionKind: CompletionKind { Element.defaultCompletionKind }
}
