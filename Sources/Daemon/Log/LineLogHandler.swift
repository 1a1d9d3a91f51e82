internal import Logging
internal import Model

/// Writes the log to standard error, a line an event, whatever the texts in it hold.
///
/// Here and in ``JournalLogHandler`` messages and facts are made safe to show, and nowhere else: who logs a text gives it as it
/// is, or a program that reads JSON would not get it back. The names of facts are taken for safe.
///
/// What happens while a request is answered carries the request's name.
struct LineLogHandler: LogHandler {
    let label: String
    let format: LogFormat
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    init(label: String, format: LogFormat) {
        self.label = label
        self.format = format
        metadataProvider = Self.requestName
    }

    /// The name of the request that is being answered.
    static let requestName = Logger.MetadataProvider { RequestID.current.map { ["request_id": "\($0)"] } ?? [:] }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        LogOutput.standardError.write(line(of: event, at: .now()) + "\n") { notice(of: $0) }
    }

    /// The line that tells what the log has lost.
    func notice(of message: String) -> String {
        let event = LogEvent(
            level: .warning, message: "\(message)", metadata: nil, source: "Daemon", file: #fileID, function: #function,
            line: #line)
        return line(of: event, at: .now()) + "\n"
    }

    /// The line that tells of `event`, without its end.
    func line(of event: LogEvent, at time: Timestamp) -> String {
        let facts = metadata.merging(metadataProvider?.get() ?? [:]) { _, own in own }
            .merging(event.metadata ?? [:]) { _, own in own }.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let words = facts.map { " \($0.key)=\(Self.word("\($0.value)"))" }.joined()
            return "\(time) \(event.level) \(label):\(words) [\(event.source)] \("\(event.message)".shown)"
        case .json:
            var object: JSONObject = [
                "time": .string(time.description), "level": .string(event.level.rawValue),
                "message": .string("\(event.message)"),
            ]
            for (key, value) in facts where object[key] == nil { object[key] = .string("\(value)") }
            return JSONValue.object(object).text()
        }
    }

    /// `text` as the value of a fact: in quotes where its end could be mistaken.
    static func word(_ text: String) -> String {
        // Newlines are shown as what they are. Scalars: with a mark that combines with it, a sign would be another character.
        let isPlain = !text.isEmpty && !text.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return isPlain ? text.shown : JSONValue.string(text).text().shown
    }
}
