internal import ArgumentParser
internal import Model

extension TaskID: ExpressibleByArgument {
    package init?(argument: String) {
        guard let number = Int64(argument), number > 0 else { return nil }
        self.init(number)
    }
}

extension Timestamp: ExpressibleByArgument {
    /// RFC 3339 text, a date, or how long ago (`2h`); a number alone is more likely a date that is none.
    package init?(argument: String) {
        if let instant = Timestamp(text: argument) {
            self = instant
        } else if Double(argument) == nil, let ago = Duration(text: argument) {
            self.init(milliseconds: Timestamp.now().milliseconds - ago.milliseconds)
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
