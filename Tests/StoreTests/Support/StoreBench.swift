import FoundationEssentials
import GRDB
import Model
import Testing

@testable import Store

/// A store on a file of its own, in a directory that goes with the test.
struct StoreBench: Sendable {
    let store: Store
    let directory: String

    var path: String { directory + "/history.sqlite" }
}

/// A directory that goes with the test.
func withDirectory<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let directory = FileManager.default.temporaryDirectory.appending(path: "store-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await body(directory)
}

func withStore<Answer>(_ body: (StoreBench) async throws -> Answer) async throws -> Answer {
    try await withDirectory { directory in
        let bench = StoreBench(store: try Store(path: directory + "/history.sqlite"), directory: directory)
        let answer = try await body(bench)
        try bench.store.close()
        return answer
    }
}

/// The instant `seconds` after the tests' beginning.
func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_000_000_000 + seconds * 1000) }

/// A job called `name` that does nothing of note.
func job(_ name: String, _ modifiers: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = ["sleep": 1, "name": .string(name)]
    object.merge(modifiers)
    return .object(object)
}

/// A `gather` called `gather`.
func gather(_ members: [JSONValue], _ modifiers: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = ["gather": .array(members), "name": "gather"]
    object.merge(modifiers)
    return .object(object)
}

extension ExceptionInfo {
    static let boom = ExceptionInfo(type: "Boom", message: "boom")
}

extension StoreBench {
    @discardableResult
    func submit(_ jobs: JSONValue..., by uid: UInt32? = nil, at now: Timestamp = at(0)) async throws -> [TaskRecord] {
        let submitter = uid.map { Submitter(uid: $0, gid: $0, pid: 1) }
        return try await store.submit(jobs.map { try Job(json: $0) }, directory: "/", by: submitter, at: now)
            .submissions
            .map(\.task)
    }

    func task(_ number: Int64) async throws -> TaskRecord { try #require(try await store.task(TaskID(number))) }

    /// The names of the tasks claimed.
    func claim(limit: Int = 100, running: [String: Int] = [:], at now: Timestamp = at(1)) async throws -> [String] {
        try await store.claim(limit: limit, running: running, at: now).tasks.map(\.name)
    }

    /// Claims the ready composites alone.
    @discardableResult
    func claimComposites(at now: Timestamp = at(1)) async throws -> [TaskRecord] {
        try await store.claim(limit: 0, running: [:], at: now).composites
    }

    /// Ends a running task and answers the names of all that ended by it.
    @discardableResult
    func finish(_ number: Int64, _ outcome: Outcome, at now: Timestamp = at(2)) async throws -> [TaskRecord] {
        try await store.finish(TaskID(number), RunReport(outcome), at: now).ended
    }

    /// The types of the events of one task, oldest first.
    func events(of number: Int64) async throws -> [String] {
        try await store.eventPage(after: 0, taskID: TaskID(number)).events.map(\.type)
    }

    /// Runs `sql` past all that the store checks.
    func execute(_ sql: String) async throws {
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    func rows(_ sql: String) async throws -> [[DatabaseValue]] {
        try await store.pool.read { db in try Row.fetchAll(db, sql: sql).map { Array($0.databaseValues) } }
    }
}
