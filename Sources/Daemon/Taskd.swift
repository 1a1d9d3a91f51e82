internal import ArgumentParser
internal import Glibc
internal import Logging
internal import Model
internal import Store

/// The daemon's command line.
@main
struct Taskd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taskd",
        abstract: "Runs background jobs, keeps their results, and answers taskctl on a Unix socket.",
        discussion: """
            Each setting comes from its flag, else its environment variable (TASKD_ and its name in capitals, such as \
            TASKD_STATE_DIR), else the configuration file, else its default.
            """,
        version: Version.current)

    @Option(help: "A YAML file with settings.")
    var config: String?
    @Option(help: "Where the history and the tasks' output are kept.")
    var stateDir: String?
    @Option(help: "The Unix socket to listen on.")
    var socket: String?
    @Option(help: "A directory of job files.")
    var jobsDir: String?
    @Option(help: "How many tasks may run at once.")
    var maxRunning: Int?
    @Option(help: "The program that runs commands; by default taskd-shim beside taskd or in ../libexec.")
    var shim: String?
    @Option(help: "What happens to running commands at SIGTERM: leave or cancel. SIGUSR2 always leaves them.")
    var onStop: String?
    @Option(help: "How long commands may take to end at SIGTERM, whatever grace their jobs give; then they are killed.")
    var stopLimit: String?
    @Option(help: "The least severe messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Option(help: "The log format: text or json, one event per line.")
    var logFormat: String?

    @Flag(help: "Verify the history file, every page and every reference, print the result and exit.")
    var check = false

    static func main() async {
        do {
            let command = try parse()
            try await command.run()
        } catch {
            let code = exitCode(for: error)
            guard code != .success else { exit(withError: error) }
            // It may quote an argument. Empty, when all has been said and only the code is left to tell.
            let message = fullMessage(for: error)
            let lines = message.isEmpty ? [] : message.split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines { LogOutput.standardError.write(String(line).shown + "\n") }
            Glibc.exit(code.rawValue)
        }
    }

    func run() async throws {
        do {
            let configuration = try Configuration.resolve(flags: flags)
            if check { return try Self.check(configuration.storePath) }
            let logger = Self.logger(configuration)
            try await Daemon(configuration, logger: logger).run()
        } catch let error as DaemonError {
            LogOutput.standardError.write("taskd: \(error.message.shown)\n")
            throw ExitCode(error.code.exitCode)
        } catch {
            LogOutput.standardError.write("taskd: \("\(error)".shown)\n")
            throw ExitCode(70)
        }
    }

    private static func check(_ path: String) throws {
        let report = try Store.check(path)
        print(
            "\(path.shown): sound; schema \(report.schema), SQLite \(report.sqlite), \(report.tasks) tasks, "
                + "\(report.events) events")
    }

    private var flags: [Configuration.Setting: String] {
        let given: [(Configuration.Setting, String?)] = [
            (.config, config), (.stateDirectory, stateDir), (.socket, socket), (.jobsDirectory, jobsDir),
            (.maximumRunning, maxRunning.map(String.init)), (.logLevel, logLevel), (.shim, shim), (.onStop, onStop),
            (.logFormat, logFormat), (.stopLimit, stopLimit),
        ]
        return Dictionary(uniqueKeysWithValues: given.compactMap { setting, value in value.map { (setting, $0) } })
    }

    private static func logger(_ configuration: Configuration) -> Logger {
        let isForJournal =
            configuration.logFormat == .text && JournalLogHandler.isFitting(Configuration.environment())
        var logger = Logger(label: "taskd") { label -> any LogHandler in
            isForJournal ? JournalLogHandler() : LineLogHandler(label: label, format: configuration.logFormat)
        }
        logger.logLevel = configuration.logLevel
        return logger
    }
}
