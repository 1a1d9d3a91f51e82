internal import Glibc
internal import Logging
internal import Model

/// What the daemon was told, resolved: flag, else environment, else configuration file, else default.
struct Configuration: Sendable {
    /// One thing to tell the daemon.
    enum Setting: String, Sendable, Hashable, CaseIterable {
        case config
        case stateDirectory = "state_dir"
        case socket
        case jobsDirectory = "jobs_dir"
        case maximumRunning = "max_running"
        case logLevel = "log_level"
        case logFormat = "log_format"
        case socketGroup = "socket_group"
        case shim
        case onStop = "on_stop"
        case stopLimit = "stop_limit"
        case keepAge = "keep_age"
        case keepCount = "keep_count"
        case keepBytes = "keep_bytes"
        case roles
        case limits

        var variable: String { "TASKD_\(rawValue.uppercased())" }
    }

    /// What becomes of running commands when the daemon is told to stop.
    enum OnStop: String, Sendable, Hashable, CaseIterable {
        /// They run on, and the next daemon adopts them.
        case leave
        /// They are ended, as if cancelled.
        case cancel
    }

    /// How many tasks run at once when nobody says.
    static let defaultMaximumRunning = 64

    let stateDirectory: String
    let socketPath: String
    let jobsDirectory: String
    /// Whether somebody has named it.
    let jobsDirectoryIsSet: Bool
    let maximumRunning: Int
    let logLevel: Logger.Level
    let logFormat: LogFormat
    /// The group whose members may connect; `nil` for the daemon's user alone.
    let socketGroup: String?
    /// Who has which roles; `nil` when nobody says.
    let grants: Grants?
    /// What a user may take at once.
    let limits: UserLimits
    let onStop: OnStop
    /// How long commands may take to end when the daemon stops; `nil` for as long as their jobs say.
    let stopLimit: Duration?
    /// What is kept of the history.
    let retention: Retention
    /// The program that runs commands; `nil` for the one that was installed with the daemon.
    let shimPath: String?

    /// The history file.
    var storePath: String { stateDirectory + "/history.sqlite" }
}

extension Configuration {
    /// The configuration from `flags`, `environment` and the file that one of them names.
    ///
    /// - Throws: ``DaemonError`` when a setting is unknown or wrong, naming where it came from.
    static func resolve(
        flags: [Setting: String], environment: [String: String] = Self.environment()
    ) throws(DaemonError) -> Configuration {
        if let empty = flags.first(where: \.value.isEmpty) {
            throw DaemonError(code: .usage, message: "\(empty.key.rawValue): must not be empty")
        }
        // An empty variable is one that is not set, as the XDG Base Directory Specification has it.
        let environment = environment.filter { !$0.value.isEmpty }
        let file = try settings(inFile: flags[.config] ?? environment[Setting.config.variable])
        func text(_ setting: Setting) -> String? { flags[setting] ?? environment[setting.variable] ?? file[setting] }
        func value<Value>(
            _ setting: Setting, _ read: (Field) throws -> Value
        ) throws(DaemonError) -> Value? {
            try text(setting).map { text throws(DaemonError) in try checked(text, setting, read) }
        }
        guard let state = text(.stateDirectory) ?? defaultStateDirectory(environment) else {
            throw DaemonError(code: .usage, message: "no state directory: give --state-dir, or set HOME")
        }
        let stateDirectory = try absolute(state)
        return Configuration(
            stateDirectory: stateDirectory,
            socketPath: try checkedSocketPath(
                try absolute(text(.socket) ?? defaultSocketDirectory(environment, stateDirectory) + "/taskd.sock")),
            jobsDirectory: try absolute(text(.jobsDirectory) ?? stateDirectory + "/jobs"),
            jobsDirectoryIsSet: text(.jobsDirectory) != nil,
            maximumRunning: try value(.maximumRunning) { Int(try $0.number(in: 1...100_000)) }
                ?? defaultMaximumRunning,
            logLevel: try value(.logLevel) { try $0.choice() } ?? .info,
            logFormat: try value(.logFormat) { try $0.choice() } ?? .text, socketGroup: text(.socketGroup),
            grants: try value(.roles) { try Grants(field: $0.document()) },
            limits: try value(.limits) { try UserLimits(field: $0.document()) } ?? UserLimits(),
            onStop: try value(.onStop) { try $0.choice() } ?? .cancel,
            stopLimit: try value(.stopLimit) { try $0.duration() },
            retention: Retention(
                age: try value(.keepAge) { try $0.duration() },
                count: try value(.keepCount) { Int(try $0.number(in: 0...Int64.max)) },
                bytes: try value(.keepBytes) { try $0.number(in: 0...Int64.max) }),
            shimPath: try text(.shim).map(absolute))
    }

    /// The process's variables.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry).unicodeScalars
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    private static func defaultStateDirectory(_ environment: [String: String]) -> String? {
        serviceDirectory("STATE_DIRECTORY", environment) ?? userDirectory("XDG_STATE_HOME", environment)
            ?? environment["HOME"].map { $0 + "/.local/state/taskd" }
    }

    private static func defaultSocketDirectory(_ environment: [String: String], _ stateDirectory: String) -> String {
        serviceDirectory("RUNTIME_DIRECTORY", environment) ?? userDirectory("XDG_RUNTIME_DIR", environment)
            ?? stateDirectory
    }

    /// The first of the directories that the service manager has made, which are separated by colons (systemd.exec(5)).
    private static func serviceDirectory(_ name: String, _ environment: [String: String]) -> String? {
        environment[name]?.unicodeScalars.split(separator: ":").first.map { String($0) }
    }

    /// The daemon's own in one of the user's; a relative one is to be ignored (XDG Base Directory Specification).
    private static func userDirectory(_ name: String, _ environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isAbsolutePath ? $0 + "/taskd" : nil }
    }

    /// `path`, made absolute from where the daemon was started.
    ///
    /// - Throws: ``DaemonError`` where a shell would have put a home directory, and nobody else does.
    private static func absolute(_ path: String) throws(DaemonError) -> String {
        guard !path.hasPrefix("~") else {
            throw DaemonError(code: .usage, message: "\(path): ~ means nothing here; write the whole path")
        }
        guard !path.isAbsolutePath, let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }
}

// MARK: - Checks

extension Configuration {
    private static func settings(inFile path: String?) throws(DaemonError) -> [Setting: String] {
        guard let path else { return [:] }
        do {
            let document = try YAMLDocument.value(try TextFile.read(path, limit: 1 << 20, isTrusted: true))
            guard case .object(let object) = document else {
                if document == .null { return [:] }
                throw DaemonError(code: .usage, message: "\(path): expected settings as key: value")
            }
            var settings: [Setting: String] = [:]
            for (key, value) in object {
                guard let setting = Setting(rawValue: key), setting != .config else {
                    let known = Setting.allCases.filter { $0 != .config }.map(\.rawValue).joined(separator: ", ")
                    throw DaemonError(code: .usage, message: "\(path): unknown setting \(key); known: \(known)")
                }
                settings[setting] = value.stringValue ?? value.text()
            }
            return settings
        } catch let error as DaemonError {
            throw error
        } catch {
            throw DaemonError(code: .usage, message: "\(path): \(error)")
        }
    }

    /// What `read` takes `text` for, which `setting` is given as.
    ///
    /// - Throws: ``DaemonError`` with what `read` complains of; its place begins with the setting.
    private static func checked<Value>(
        _ text: String, _ setting: Setting, _ read: (Field) throws -> Value
    ) throws(DaemonError) -> Value {
        do {
            return try read(Field(.string(text), path: setting.rawValue))
        } catch {
            throw DaemonError(code: .usage, message: "\(error)")
        }
    }

    private static func checkedSocketPath(_ path: String) throws(DaemonError) -> String {
        guard path.utf8.count <= UnixAddress.maximumPath else {
            throw DaemonError(
                code: .usage,
                message: "socket: \(path) is longer than the \(UnixAddress.maximumPath) bytes a Unix socket may have; "
                    + "use --socket")
        }
        return path
    }
}

extension Field {
    /// The JSON document that the string spells: the value of a setting that is an object.
    fileprivate func document() throws(InvalidInput) -> Field {
        do {
            return Field(try JSONParser.parse(try string()), path: path)
        } catch {
            throw invalid("\(error)")
        }
    }
}
