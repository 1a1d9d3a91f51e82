/// How the lines of the log are written.
enum LogFormat: String, Sendable, CaseIterable {
    /// For people: the time, the severity, facts as `key=value`, what happened.
    case text
    /// For programs: a JSON object a line.
    case json
}
