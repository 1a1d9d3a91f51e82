import GRDB
import Model
import Testing

@testable import Jobs

extension CheckDirectory {
    /// Where the only attempt of a test's task is kept.
    var attempt: AttemptDirectory { AttemptDirectory(state: path, task: TaskID(7), attempt: 1) }

    /// The keys that the check of a test has kept, with their times.
    func keptKeys() throws -> [KeyEntry] {
        try DatabaseQueue(path: attempt.keys).read { database in
            try Row.fetchAll(database, sql: "SELECT key, times FROM keys ORDER BY key").map {
                KeyEntry(key: $0[0], times: $0[1])
            }
        }
    }

    /// A file of `keys` for the task numbered `task`.
    func keyFile(_ keys: [String], task: Int64, kind: KeyKind = .controlNumber) async throws -> KeyFile {
        let attempt = AttemptDirectory(state: path, task: TaskID(task), attempt: 1)
        try attempt.makeEmpty()
        var collector = try KeyCollector(kind, path: attempt.keys)
        for key in keys { try collector.take([key]) }
        _ = try collector.finish()
        return KeyFile(in: attempt)
    }
}

/// Runs the check of `source`, which keeps its keys by `kind` in `directory`.
func checkKeys(
    _ source: JSONValue, by kind: KeyKind = .controlNumber, in directory: CheckDirectory,
    clock: any Clock<Duration> = ContinuousClock()
) async throws -> RunReport {
    let job = try Job(json: ["check": source, "keys": .string(kind.rawValue)])
    guard case .check(let source) = job.action else { throw TestFailure("no check job") }
    let keys = job.keys.map { CheckHandler.Keys($0, state: directory.path) }
    return await CheckHandler(source, leash: Leash(shim: "", hidden: ""), keys: keys).run(
        .test(directory.path, clock: clock))
}

extension RunReport {
    /// What the check tells of its keys.
    var keys: JSONValue? { detail?["keys"] }
}
