internal import ArgumentParser
internal import Model

struct Jobs: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List the daemon's job files.")

    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let jobs = try session.client.jobs()
        guard !session.wantsJSON else {
            try session.output.json(.array(jobs))
            return .success
        }
        var table = Table([
            .init(title: "NAME"), .init(title: "KIND"), .init(title: "FILE", canShrink: true),
            .init(title: "ERROR", canShrink: true),
        ])
        for job in jobs {
            let kind = TaskKind.allCases.first { job["job"]?[$0.rawValue] != nil }
            table.append([
                .init(job["name"]?.stringValue ?? ""), .init(kind?.rawValue ?? "-"),
                .init(job["path"]?.stringValue ?? ""), .init(job["error"]?.stringValue ?? "", .red),
            ])
        }
        try session.show(table)
        return .success
    }
}

extension DaemonClient {
    /// The daemon's job files.
    func jobs() throws(ClientError) -> [JSONValue] {
        guard let jobs = try json(Request(.get, "v1", "jobs"))["jobs"]?.arrayValue else {
            throw ClientError.unexpectedReply("a list of jobs was expected")
        }
        return jobs
    }
}
