import FoundationEssentials
import GRDB
import Jobs
import Logging
import Model
import Testing

@testable import Engine
@testable import Store

/// One engine on a real store, with a clock and a stage that the test controls.
struct Bench: Sendable {
    let engine: Engine
    let stage: Stage
    let clock: ManualClock
    /// What runs the engine, and fails as it does.
    let running: Task<Void, any Error>
    /// The directory the history file is in.
    let directory: String

    var store: Store { engine.store }
}

/// Runs an engine for the length of `body`.
///
/// - Parameters:
///   - source: a directory whose history file, as it is at this moment, the engine takes up: a daemon that was killed.
///   - offset: what the clock shows.
///   - configure: changes what the engine is told.
func withBench<Answer>(
    maximumRunning: Int = 64, takingUp source: String? = nil, at offset: Duration = .zero, stage: Stage = Stage(),
    configure: (inout EngineConfiguration) -> Void = { _ in },
    _ body: (Bench) async throws -> Answer
) async throws -> Answer {
    let directory = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    // The write-ahead log last: what it holds beyond the file is what the file lacks.
    for file in ["history.sqlite", "history.sqlite-wal"] {
        if let source { try FileManager.default.copyItem(atPath: source + "/" + file, toPath: directory + "/" + file) }
    }
    let clock = ManualClock(offset: offset)
    var configuration = EngineConfiguration(
        maximumRunning: maximumRunning, directory: "/", clock: clock,
        now: { Timestamp(milliseconds: 1_795_000_000_000) + clock.now.offset }, randomness: { 0 },
        handler: { _ in stage }, runHook: { stage.runHook($0, $1) },
        directories: TaskDirectories(state: directory),
        logger: .silent)
    configure(&configuration)
    let store = try Store(path: directory + "/history.sqlite")
    let engine = Engine(store: store, configuration: configuration)
    try await engine.recover()
    let running = Task { try await engine.run() }
    let bench = Bench(engine: engine, stage: stage, clock: clock, running: running, directory: directory)
    let answer = await Result { try await body(bench) }
    stage.close()
    await engine.stop()
    running.cancel()
    if case .failure(let error) = await running.result, !(error is CancellationError) { throw error }
    try await bench.requireCounts()
    try store.close()
    return try answer.get()
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension Bench {
    /// Requires that the numbers that the store keeps along are those of its tasks.
    fileprivate func requireCounts() async throws {
        var filter = TaskFilter()
        filter.limit = TaskFilter.maximumLimit
        var counts = Dictionary(uniqueKeysWithValues: TaskState.allCases.map { ($0, 0) })
        repeat {
            let (tasks, next) = try await store.tasks(filter)
            for task in tasks { counts[task.state, default: 0] += 1 }
            filter.cursor = next
        } while filter.cursor != nil
        #expect(try await Dictionary(uniqueKeysWithValues: store.counts().map { ($0, $1) }) == counts)
    }

    /// Submits one job.
    @discardableResult
    func submit(_ job: JSONValue) async throws -> TaskID {
        try await submit([job])[0]
    }

    @discardableResult
    func submit(_ jobs: [JSONValue]) async throws -> [TaskID] {
        try await engine.submit(jobs.map { try Job(json: $0) }, directory: nil, by: nil).map(\.task.id)
    }

    func task(_ id: TaskID) async throws -> TaskRecord { try await engine.task(id) }

    /// The task called `name`.
    func task(_ name: String) async throws -> TaskRecord {
        var filter = TaskFilter()
        filter.name = name
        return try #require(try await store.tasks(filter).tasks.first)
    }

    /// Waits until the task is done.
    @discardableResult
    func done(_ id: TaskID) async throws -> TaskRecord {
        try await engine.wait(WaitRequest(ids: [id]))
        return try #require(try await store.task(id))
    }

    /// Waits until the task called `name` is done.
    @discardableResult
    func done(_ name: String) async throws -> TaskRecord { try await done(task(name).id) }

    /// Ends the run of `name` and waits until that is committed.
    @discardableResult
    func end(_ name: String, attempt: Int = 1, _ outcome: Outcome) async throws -> TaskRecord {
        await stage.started(name, attempt: attempt)
        stage.end(name, attempt: attempt, outcome)
        return try await done(name)
    }

    /// Has every commit fail that ends one of the tasks from `first` on.
    func breakEnds(from first: TaskID) async throws {
        try await store.pool.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER broken BEFORE UPDATE OF done_seq ON tasks
                    WHEN new.done_seq IS NOT NULL AND new.id >= \(first.number) BEGIN
                        SELECT RAISE(ABORT, 'broken');
                    END
                    """)
        }
    }

    /// Waits until the task is as `condition` says, looking after each commit.
    @discardableResult
    func until(_ id: TaskID, _ condition: (TaskRecord) -> Bool) async throws -> TaskRecord {
        let commits = store.commits()
        var record = try await task(id)
        if condition(record) { return record }
        for await _ in commits {
            record = try await task(id)
            if condition(record) { return record }
        }
        throw CancellationError()
    }
}
