internal import Glibc
internal import Logging
internal import Model

/// Writes the log as the journal takes it from a service's standard error: a line an event, which begins with its
/// severity (sd-daemon(3)). The journal knows the time and the process by itself.
///
/// Messages and facts are made safe to show here; see ``LineLogHandler``.
struct JournalLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider? = LineLogHandler.requestName
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Whether standard error leads to the journal: `JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
    static func isFitting(_ environment: [String: String], descriptor: Int32 = STDERR_FILENO) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    func log(event: LogEvent) {
        let facts = metadata.merging(metadataProvider?.get() ?? [:]) { _, own in own }
        LogOutput.standardError.write(Self.line(of: event, metadata: facts)) { "<4>\($0)\n" }
    }

    /// The line that tells of `event`.
    static func line(of event: LogEvent, metadata: Logger.Metadata) -> String {
        let facts = metadata.merging(event.metadata ?? [:]) { _, own in own }.sorted { $0.key < $1.key }
        let words = ["\(event.message)"] + facts.map { "\($0.key)=\(LineLogHandler.word("\($0.value)"))" }
        return "<\(event.level.priority)>\(words.joined(separator: " ").shown)\n"
    }
}

extension Logger.Level {
    /// The number syslog(3) has for it.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
