internal import ArgumentParser
internal import Glibc
internal import Model

struct Doctor: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the health of taskd and its environment, and suggest fixes.",
        discussion: "The exit code is 1 when something does not work; what only should be known leaves it 0.")

    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        var findings = [
            Finding("taskctl", .ok, "taskctl \(Version.current)", facts: ["version": .string(Version.current)])
        ]
        findings.append(SocketFile(path: session.client.socketPath).finding)
        // Where no socket is, nobody can be asked.
        if findings.allSatisfy({ $0.status != .fail }) { ask(session.client, &findings) }
        try session.answer(
            findings.report, or: findings.flatMap { $0.lines(hasColour: session.output.showsColour) })
        return findings.contains { $0.status == .fail } ? .taskFailed : .success
    }

    /// Adds what the daemon says of itself, or why it says nothing.
    private func ask(_ client: DaemonClient, _ findings: inout [Finding]) {
        do throws(ClientError) {
            let reply = try client.json(Request(.get, "v1", "doctor"), timeout: .seconds(10))
            guard let checks = reply["checks"]?.arrayValue else {
                throw ClientError.unexpectedReply("a list of checks was expected")
            }
            let told = checks.compactMap(Finding.init(json:))
            findings += told
            if let version = told.first(where: { $0.name == "daemon" })?.facts["version"]?.stringValue {
                findings[0] = Self.comparing(with: version)
            }
        } catch {
            findings.append(Self.silent(error))
        }
    }

    private static func comparing(with daemon: String) -> Finding {
        let isSame = daemon == Version.current
        return Finding(
            "taskctl", isSame ? .ok : .warn,
            "taskctl \(Version.current)" + (isSame ? "" : ", but the daemon is taskd \(daemon)"),
            advice: isSame ? nil : "use both of one version; restart the daemon after an upgrade",
            facts: ["version": .string(Version.current)])
    }

    private static func silent(_ error: ClientError) -> Finding {
        guard error.code != .notPermitted || !(error.cause is Problem) else {
            // It answers, only not this.
            return Finding(
                "daemon", .warn, error.message, advice: "to see how it is, ask as a user with the role read or admin")
        }
        let advice: String? =
            switch error.code {
            // Their messages say it already.
            case .notPermitted, .unreachable: nil
            case .timedOut, .tryAgain: "try again; when it stays so, restart the daemon"
            default: "use taskd and taskctl of one version"
            }
        return Finding("daemon", .fail, error.message, advice: advice)
    }
}

extension Finding {
    /// The finding as a person wants to see it.
    fileprivate func lines(hasColour: Bool) -> [String] {
        let colour: Colour =
            switch status {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        let word = status.rawValue.padded(toWidth: 4)
        let line = "\(hasColour ? colour.paint(word) : word)  \(name.shown.padded(toWidth: 9))  \(message.shown)"
        return [line] + (advice.map { ["      " + "".padded(toWidth: 9) + "  → " + $0.shown] } ?? [])
    }
}
