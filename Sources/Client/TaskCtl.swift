internal import ArgumentParser
internal import Glibc
internal import Model

/// The terminal's side of taskd.
@main
struct TaskCtl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taskctl", abstract: "Submit tasks to taskd, watch them, wait for them and cancel them.",
        discussion: """
            Exit codes: 0 success, 1 a task failed, 2 a task was cancelled, 3 not done yet, 4 no such task, 64 usage, \
            69 daemon not reachable, 70 internal, 75 daemon stopping or a limit reached, 77 not permitted, 124 timed out.
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Submitting", subcommands: [Submit.self, Inventory.self, Jobs.self, Start.self, Retry.self]),
            CommandGroup(
                name: "Inspecting",
                subcommands: [
                    Status.self, List.self, History.self, Why.self, Logs.self, ShowProgress.self, Events.self,
                ]),
            CommandGroup(
                name: "Waiting",
                subcommands: [Wait.self, Gather.self, AsCompleted.self, ShowResult.self, ShowException.self]),
            CommandGroup(
                name: "Controlling",
                subcommands: [
                    Cancel.self, Pause.self, Resume.self, Send.self, Queues.self, Queue.self, Prune.self, Backup.self,
                    Ping.self, Doctor.self,
                ]),
        ])

    static func main() {
        var type: any ParsableCommand.Type = self
        do {
            try requireText()
            let arguments = LeadingOptions.arranged(Array(CommandLine.arguments.dropFirst()))
            if arguments.first == "help" { try requireCommand(arguments.dropFirst()) }
            var command = try parseAsRoot(arguments)
            type = Swift.type(of: command)
            try command.run()
        } catch let error as ClientError {
            report(error)
        } catch let error as ValidationError {
            // Of what only a command that runs can see; the parser would take it for a mistake of the root's.
            let usage = usageString(for: type).replacing("\n", with: "\n       ")
            refuse("Error: \(error.message)\nUsage: \(usage)", exitCode(for: error))
        } catch {
            refuse(error)
        }
    }

    /// Prints help or the version, or what is wrong with the arguments, which may hold text from tasks.
    private static func refuse(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code != .success else { exit(withError: error) }
        refuse(fullMessage(for: error), code)
    }

    private static func refuse(_ message: String, _ code: ExitCode) -> Never {
        // Empty, when all has been said and only the code is left to tell.
        let lines = message.isEmpty ? [] : message.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
            try? Output.error.line(String(line).shown)
        }
        Glibc.exit(code.rawValue)
    }

    /// Refuses to explain what is no command: the parser would explain as much of it as is one.
    private static func requireCommand(_ words: some Sequence<String>) throws {
        var command: any ParsableCommand.Type = self
        for word in words where !word.hasPrefix("-") {
            guard let next = command.subcommand(word) else { throw ValidationError("there is no command \(word)") }
            command = next
        }
    }

    /// Refuses arguments that JSON cannot carry: another program or another file would be meant.
    private static func requireText() throws(ClientError) {
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            throw ClientError(
                code: .usage,
                message: "argument \(index), \(String(cString: argument)), is not UTF-8, which all text has to be")
        }
    }

    private static func report(_ error: ClientError) -> Never {
        // When standard error is gone too, the exit code is all that is left to tell.
        try? Output.error.line("taskctl: \(error.message.shown)")
        Glibc.exit(error.code.rawValue)
    }
}
