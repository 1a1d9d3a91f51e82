import Model
import Synchronization

/// A client that submits without end, and remembers what it was told: the witness of what the daemon acknowledged.
final class Submitter: Sendable {
    private struct State {
        var acknowledged: [Int64: String] = [:]
        var unknown: Set<String> = []
        /// The task that each key was answered with.
        var keys: [String: Set<Int64>] = [:]
        /// Whether no answer counts any more: after a power cut there would be none.
        var isCutOff = false
        var refused = 0
        var failed = 0
        var next = 0
    }

    private let state = Mutex(State())

    /// The tasks that were acknowledged, with their names.
    var acknowledged: [Int64: String] { state.withLock(\.acknowledged) }
    /// The names of tasks whose request got no answer, or an error: they may be there or not.
    var unknown: Set<String> { state.withLock(\.unknown) }
    /// The tasks that each key was answered with.
    var keys: [String: Set<Int64>] { state.withLock(\.keys) }
    /// How many requests were answered with 503.
    var refused: Int { state.withLock(\.refused) }
    /// How many requests were answered with 500.
    var failed: Int { state.withLock(\.failed) }

    /// From now on answers say nothing, or again something.
    func cutOff(_ isCutOff: Bool) {
        state.withLock { $0.isCutOff = isCutOff }
    }

    /// Submits lists of `size` held tasks until a request gets no answer, or so many times.
    func submit(to daemon: LiveDaemon, listsOf size: Int = 5, times: Int = .max) async {
        for _ in 0..<times {
            let names = state.withLock { state in
                state.next += size
                return (state.next - size..<state.next).map { "task-\($0)" }
            }
            guard await submit(names, to: daemon) else { return }
        }
    }

    /// Submits tasks with keys, each of many requests with one of a few, until a request gets no answer.
    func submitKeys(to daemon: LiveDaemon, _ keys: [String]) async {
        for key in keys.shuffled() {
            let job: JSONValue = ["sleep": 0, "hold": true, "name": .string(key), "key": .string(key)]
            guard let reply = try? await daemon.http("POST", "/v1/tasks", job), reply.status < 300,
                let id = try? reply.json["id"]?.intValue
            else { return state.withLock { _ = $0.unknown.insert(key) } }
            state.withLock { state in
                state.keys[key, default: []].insert(id)
                state.acknowledged[id] = key
            }
        }
    }

    /// - Returns: whether there was an answer.
    private func submit(_ names: [String], to daemon: LiveDaemon) async -> Bool {
        let jobs = names.map { JSONValue.object(["sleep": 0, "hold": true, "name": .string($0)]) }
        let reply = try? await daemon.http("POST", "/v1/tasks", .array(jobs))
        guard let reply, reply.status == 201, let tasks = try? reply.json.arrayValue, tasks.count == names.count else {
            state.withLock { state in
                state.unknown.formUnion(names)
                if reply?.status == 503 { state.refused += 1 }
                if reply?.status == 500 { state.failed += 1 }
            }
            return reply != nil
        }
        state.withLock { state in
            guard !state.isCutOff else { return state.unknown.formUnion(names) }
            for (task, name) in zip(tasks, names) { state.acknowledged[task["id"]?.intValue ?? -1] = name }
        }
        return true
    }
}

/// What of a submitter's memory the daemon's does not agree with.
struct Disagreement: Hashable, CustomStringConvertible {
    /// Acknowledged and not there, or there with another name.
    var lost = 0
    /// There, and never submitted.
    var phantoms = 0
    /// There twice.
    var doubled = 0
    /// Keys with more than one task.
    var ambiguousKeys = 0

    var description: String {
        "acknowledged and lost \(lost), phantoms \(phantoms), doubled \(doubled), ambiguous keys \(ambiguousKeys)"
    }
}

extension Submitter {
    /// Compares what was acknowledged with what is there.
    func disagreement(with daemon: LiveDaemon) async throws -> Disagreement {
        let answer = try await Program.run(
            "/usr/bin/sqlite3", ["-readonly", daemon.history, "SELECT id || ' ' || name FROM tasks"])
        guard answer.status == 0 else { throw TestFailure(answer.stderr) }
        var stored: [Int64: String] = [:]
        for line in answer.stdout.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let id = Int64(words[0]) else { throw TestFailure("a line: \(line)") }
            stored[id] = String(words[1])
        }
        let (acknowledged, unknown) = (acknowledged, unknown)
        let known = Set(acknowledged.values).union(unknown)
        return Disagreement(
            lost: acknowledged.count { stored[$0.key] != $0.value },
            phantoms: stored.count { !known.contains($0.value) },
            doubled: stored.count - Set(stored.values).count, ambiguousKeys: keys.count { $0.value.count > 1 })
    }
}
