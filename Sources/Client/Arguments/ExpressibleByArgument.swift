internal import ArgumentParser
internal import Model

extension TaskID: ExpressibleByArgument {
    package init?(argument: String) {
        guard let number = Int64(argument), number > 0 else { return nil }
        self.init(number)
    }
}

extension Duration: @retroactive ExpressibleByArgument {
    public init?(argument: String) {
        self.init(text: argument)
    }

    /// Whole seconds where the duration has them, as in the JSON of a job.
    var jsonSeconds: JSONValue { .number(seconds) }
}

extension Timestamp: ExpressibleByArgument {
    /// RFC 3339 text, a date, or how long ago (`2h`).
    package init?(argument: String) {
        if let instant = Timestamp(text: argument) {
            self = instant
        } else if let ago = Duration(text: argument) {
            self.init(milliseconds: Timestamp.now.milliseconds - ago.milliseconds)
        } else {
            return nil
        }
    }
}

extension TaskState: ExpressibleByArgument {}
extension TaskKind: ExpressibleByArgument {}
extension Job.OnInterrupt: ExpressibleByArgument {}

extension ReturnWhen: ExpressibleByArgument {
    /// The name in any case, with dashes or underscores.
    package init?(argument: String) {
        self.init(rawValue: argument.uppercased().replacing("-", with: "_"))
    }
}

/// Several values in one argument, separated by commas.
struct CommaSeparated<Element: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
    let elements: [Element]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        elements = parts.compactMap { Element(argument: String($0)) }
        guard elements.count == parts.count else { return nil }
    }

    static var allValueStrings: [String] { Element.allValueStrings }
}

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

/// A queue's limit: a number, or `none`.
enum RunningLimit: ExpressibleByArgument, Sendable, Hashable {
    case none
    case tasks(Int64)

    init?(argument: String) {
        if argument == "none" {
            self = .none
        } else if let number = Int64(argument), number >= 0 {
            self = .tasks(number)
        } else {
            return nil
        }
    }

    /// The limit as the wire writes it.
    var json: JSONValue {
        switch self {
        case .none: .null
        case .tasks(let number): .int(number)
        }
    }
}
