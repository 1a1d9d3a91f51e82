import Logging

extension Logger {
    /// A log that nobody reads.
    static var silent: Logger { Logger(label: "taskd.engine", factory: { _ in SwiftLogNoOpLogHandler() }) }

    /// A log whose warnings are elements of a stream.
    static func warning(_ warnings: AsyncStream<String>.Continuation) -> Logger {
        Logger(label: "taskd.engine", factory: { _ in WarningLog(warnings) })
    }
}

/// A log whose warnings a test can wait for.
private struct WarningLog: LogHandler {
    let warnings: AsyncStream<String>.Continuation
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    init(_ warnings: AsyncStream<String>.Continuation) {
        self.warnings = warnings
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        warnings.yield("\(event.message)")
    }
}
