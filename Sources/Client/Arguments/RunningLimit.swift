internal import ArgumentParser
internal import Model

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
