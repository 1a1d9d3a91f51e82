import Glibc
import Model
import Testing

/// Whatever clients are answered, one history explains it: legal steps alone, nothing acknowledged and lost, nothing older
/// than what was known already, and no end that changes.
@Suite(.timeLimit(.minutes(30)))
struct LinearizabilityTests {
    private static let clients = 4

    @Test func oneHistoryExplainsEveryAnswer() async throws {
        let questions = Torture.times(250, long: 20_000)
        let blows = Torture.times(4, long: 300)
        let seed = getenv("TASKD_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)
        Torture.report("TASKD_SEED=\(seed)")
        try await withDaemon(flags: ["--max-running", "1000"]) { daemon in
            let observations = Observations()
            for _ in 0..<Self.clients { observations.enter() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.clients {
                    var client = RandomClient(number, of: daemon, observations, seed: seed &+ UInt64(number))
                    group.addTask { await client.run(questions / Self.clients) }
                }
                try await strike(daemon, observations, blows: blows, every: questions / (blows + 1), seed: seed)
                try await group.waitForAll()
            }
            let tasks = try await daemon.settledTasks()
            let events = try await daemon.allEvents()
            let contradictions = observations.contradictions(events: events, tasks: tasks)
            #expect(contradictions.isEmpty, "seed \(seed): \(contradictions.prefix(3).joined(separator: "\n"))")
            #expect(observations.sights.count > questions / 2)
            Torture.report(
                "\(observations.answers) questions of \(Self.clients) clients, \(blows) blows, "
                    + "\(observations.sights.count) sights of tasks, \(events.count) events: "
                    + "contradictions \(contradictions.count)")
        }
    }

    /// Kills the daemon and starts it again, or stops it until all clients wait and lets it go on, as chance has it.
    private func strike(
        _ daemon: LiveDaemon, _ observations: Observations, blows: Int, every interval: Int, seed: UInt64
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        for blow in 1...blows {
            guard await observations.untilAnswers(blow * interval), let pid = daemon.pid else { return }
            let isStopped = blow % 2 == 0
            if isStopped {
                kill(pid, SIGSTOP)
                await observations.untilAllAsk()
                kill(pid, SIGCONT)
            }
            guard !isStopped || Bool.random(using: &generator) else { continue }
            observations.setDown(true)
            try await daemon.restart()
            observations.setDown(false)
        }
    }
}

extension LiveDaemon {
    /// All tasks, once those that are not done have been cancelled and are.
    fileprivate func settledTasks() async throws -> [JSONValue] {
        let undone = try await allTasks("&state=held,queued,running").compactMap { $0["id"] }
        for id in undone { _ = try await http("POST", "/v1/tasks/\(id.text())/cancel", ["force": true]) }
        let reply = try await http("POST", "/v1/wait", ["ids": .array(undone), "timeout": 25])
        if reply.status == 200, try reply.json["pending"] != [] { throw TestFailure("not done: \(reply.text)") }
        return try await allTasks("")
    }

    private func allTasks(_ filter: String) async throws -> [JSONValue] {
        var tasks: [JSONValue] = []
        var cursor: Int64? = 0
        while let after = cursor {
            let page = try await http("GET", "/v1/tasks?limit=1000&cursor=\(after)\(filter)").json
            tasks += page["tasks"]?.arrayValue ?? []
            cursor = page["next"]?.intValue
        }
        return tasks
    }

    fileprivate func allEvents() async throws -> [JSONValue] {
        let lines = try await http("GET", "/v1/events").text.split(separator: "\n")
        return try lines.filter { $0.hasPrefix("data: ") }.map { try JSONParser.parse(String($0.dropFirst(6))) }
    }
}

/// The controls: what does not fit together is found.
struct ObservationsTests {
    private func task(_ state: String, attempt: Int64 = 1, requests: Int64 = 0, place: Int64? = nil) -> JSONValue {
        [
            "id": 1, "name": "a", "parent_id": nil, "state": .string(state), "attempt": .int(attempt),
            "done": .bool(place != nil), "done_seq": JSONValue(place), "cancel_requests": .int(requests),
        ]
    }

    private func event(_ sequence: Int64, _ type: String) -> JSONValue {
        ["seq": .int(sequence), "task_id": 1, "type": .string(type)]
    }

    /// What is found when the task is seen like this, one answer after the other.
    private func found(_ tasks: [JSONValue?], cancelledFirst: Bool = false) -> [String] {
        let observations = Observations()
        for (position, task) in tasks.enumerated() {
            let question = observations.ask("look", name: "a")
            let cancelled: Int64? = cancelledFirst && position == 0 ? 1 : nil
            observations.answer(
                question, tasks: task.map { [$0] } ?? [], gone: task == nil ? 1 : nil, cancelled: cancelled)
        }
        return observations.contradictions(events: [], tasks: [])
    }

    @Test func whatFitsTogetherIsNoContradiction() {
        let life = [
            task("held", attempt: 0), task("queued", attempt: 0), task("running"), task("queued"),
            task("running", attempt: 2), task("failed", attempt: 2, place: 9), task("failed", attempt: 2, place: 9),
        ]
        #expect(found(life) == [])
        let observations = Observations()
        _ = observations.ask("submit", name: "a")
        let events = [event(1, "submitted"), event(2, "started"), event(4, "retrying"), event(6, "failed")]
        #expect(observations.contradictions(events: events, tasks: [task("failed", place: 6)]) == [])
    }

    @Test func whatDoesNotFitIsFound() {
        #expect(found([task("running"), task("queued", attempt: 0)]).count == 1)
        #expect(found([task("succeeded", place: 5), task("running")]).count == 1)
        #expect(found([task("succeeded", place: 5), task("succeeded", place: 6)]).count == 1)
        #expect(found([task("running", requests: 1), task("running")], cancelledFirst: true).count == 1)
        #expect(found([task("queued", attempt: 0), nil]).count == 1)
        let observations = Observations()
        for events in [["started"], ["submitted", "succeeded"], ["submitted", "failed", "started"]] {
            let log = events.enumerated().map { event(Int64($0), $1) }.map { $0 }
            #expect(!observations.contradictions(events: log, tasks: []).isEmpty)
        }
        #expect(
            observations.contradictions(events: [event(2, "submitted"), event(2, "started")], tasks: []).count == 1)
        #expect(observations.contradictions(events: [], tasks: [task("failed", place: 6)]).count == 2)
    }

    /// Two answers that were waited for at the same time may come in either order.
    @Test func questionsAskedAtOnceMayBeAnsweredInAnyOrder() {
        let observations = Observations()
        let (first, second) = (observations.ask("look", name: "a"), observations.ask("look"))
        observations.answer(first, tasks: [task("running")])
        observations.answer(second, tasks: [task("queued", attempt: 0)])
        #expect(observations.contradictions(events: [], tasks: []) == [])
    }
}
