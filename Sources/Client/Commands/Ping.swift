internal import ArgumentParser
internal import Model

struct Ping: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Check that the daemon responds.", discussion: "Exits 75 when it is stopping."
    )

    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let health = try session.client.json(Request(.get, "v1", "health"), timeout: .seconds(5))
        let isWell = health["status"] == "ok"
        let version = health["version"]?.stringValue ?? "unknown"
        let process = health["pid"]?.intValue.map(String.init) ?? "unknown"
        let status = health["status"]?.stringValue ?? "unknown"
        try session.answer(health, or: ["taskd \(version), pid \(process): \(status)".shown])
        return isWell ? .success : .tryAgain
    }
}
