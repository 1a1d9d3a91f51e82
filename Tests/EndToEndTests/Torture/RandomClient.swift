import Model

/// A client that does what chance tells it to, and notes what it is answered.
struct RandomClient {
    private let number: Int
    private let daemon: LiveDaemon
    private let observations: Observations
    private var generator: SeededGenerator
    private var submitted = 0
    /// Whether the client's own queue is paused; `nil` when it cannot know.
    private var isPaused: Bool? = false

    private static let jobs: [JSONObject] = [
        ["sleep": 0], ["sleep": "10ms", "on_interrupt": "rerun"], ["sleep": 3600], ["sleep": 0, "hold": true],
        ["command": ["true"]], ["shell": "exit 3", "retry": ["attempts": 2, "backoff": "10ms"]],
        ["gather": [["sleep": 0], ["sleep": "5ms"]]], ["sleep": 3600, "timeout": "30ms"],
    ]

    /// How many tasks are left when one of the clients removes what is done: their events are looked at in the end.
    private static let kept = Torture.times(30, long: 1000)

    /// Client `number` of `daemon`, whose choices follow from `seed`.
    init(_ number: Int, of daemon: LiveDaemon, _ observations: Observations, seed: UInt64) {
        self.number = number
        self.daemon = daemon
        self.observations = observations
        generator = SeededGenerator(seed: seed)
    }

    private var queue: String { "client-\(number)" }

    /// Asks `count` questions.
    mutating func run(_ count: Int) async {
        for _ in 0..<count {
            await observations.untilUp()
            await ask()
        }
        observations.leave()
    }

    private mutating func ask() async {
        let task = observations.anyTask(using: &generator)
        let chance = Int.random(in: 0..<100, using: &generator)
        guard chance >= 30, let task else { return await submit() }
        switch chance {
        case ..<48: await cancel(task)
        case ..<56: await ask("POST", "/v1/tasks/\(task)/start", about: task)
        case ..<62: await ask("POST", "/v1/tasks/\(task)/retry", about: task)
        case ..<70: await ask("POST", "/v1/wait", ["ids": [.int(task)], "timeout": 0.02], about: task)
        case ..<88: await ask("GET", "/v1/tasks/\(task)", about: task)
        case ..<92: await ask("GET", "/v1/tasks?order=desc&limit=20")
        case ..<95: await changeQueue()
        case ..<98: await lookAtQueue()
        default: await ask("POST", "/v1/prune", ["keep": .int(Int64(Self.kept))], isPrune: true)
        }
    }

    private mutating func submit() async {
        submitted += 1
        var job = Self.jobs.randomElement(using: &generator) ?? [:]
        job["name"] = .string("client \(number), \(submitted)")
        job["queue"] = .string(Bool.random(using: &generator) ? queue : "default")
        await ask("POST", "/v1/tasks", .object(job))
    }

    private func cancel(_ task: Int64) async {
        await ask("POST", "/v1/tasks/\(task)/cancel", [:], about: task)
    }

    private mutating func changeQueue() async {
        let wanted = Bool.random(using: &generator)
        isPaused = await ask("PATCH", "/v1/queues/\(queue)", ["paused": .bool(wanted)]) == nil ? nil : wanted
    }

    /// Nobody else changes this client's queue, so it is what the client made it.
    private mutating func lookAtQueue() async {
        guard let queues = await ask("GET", "/v1/queues")?["queues"]?.arrayValue else { return }
        let found = queues.first { $0["name"] == .string(queue) }?["paused"]?.boolValue ?? false
        if let isPaused, isPaused != found {
            observations.note(broken: "queue \(queue): paused is \(found), and was acknowledged as \(isPaused)")
        }
        isPaused = found
    }

    /// Asks, notes the answer, and returns it; `nil` when there was none, or none that says that it was done.
    @discardableResult
    private func ask(
        _ method: String, _ path: String, _ body: JSONValue? = nil, about task: Int64? = nil, isPrune: Bool = false
    ) async -> JSONValue? {
        let words = "client \(number): \(method) \(path) \(body?.text() ?? "")"
        let question = observations.ask(words, name: body?["name"]?.stringValue, isPrune: isPrune)
        guard let reply = try? await daemon.http(method, path, body), let json = try? reply.json else {
            observations.answer(question)
            return nil
        }
        switch reply.status {
        case 200..<300:
            observations.answer(question, tasks: json.tasks, cancelled: json["cancelled"] == true ? task : nil)
            return json
        case 404: observations.answer(question, gone: task)
        case 409, 503: observations.answer(question)
        default:
            observations.answer(question)
            observations.note(broken: "\(words): \(reply.status) \(reply.text)")
        }
        return nil
    }
}

extension JSONValue {
    /// The tasks that an answer of the daemon shows.
    fileprivate var tasks: [JSONValue] {
        if self["state"] != nil { return [self] }
        let lists = ["tasks", "done", "pending"].compactMap { self[$0]?.arrayValue }
        return lists.joined() + (self["task"].map { [$0] } ?? [])
    }
}
