internal import ArgumentParser

/// A command that talks to the daemon.
protocol ClientCommand: ParsableCommand {
    /// The options every command has.
    var global: GlobalOptions { get }

    /// Does the work and returns what to tell the shell.
    ///
    /// - Throws: ``ClientError`` when there is nothing more to say than its message.
    func run(_ session: Session) throws -> ExitStatus
}

extension ClientCommand {
    func run() throws {
        let status = try run(global.session)
        guard status == .success else { throw ExitCode(status.rawValue) }
    }
}
