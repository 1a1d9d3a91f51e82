internal import ArgumentParser
internal import Model

struct Jobs: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List the daemon's job files.")

    @OptionGroup var global: GlobalOptions

    func run(_ session: Session) throws -> ExitStatus {
        let jobs = try session.client.jobs()
        try session.answer(.array(jobs), or: session.lines(Table(jobs: jobs)))
        return .success
    }
}

extension Table {
    /// Job files as a person wants to see them.
    fileprivate init(jobs: [JSONValue]) {
        self.init([
            Column(title: "NAME"), Column(title: "KIND"), Column(title: "FILE", canShrink: true),
            Column(title: "ERROR", canShrink: true),
        ])
        for job in jobs {
            let kind = TaskKind.allCases.first { job["job"]?[$0.rawValue] != nil }
            append([
                Cell(job["name"]?.stringValue ?? ""), Cell(kind?.rawValue ?? "-"),
                Cell(job["path"]?.stringValue ?? ""), Cell(job["error"]?.stringValue ?? "", .red),
            ])
        }
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
