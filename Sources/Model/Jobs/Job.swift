/// A recipe: what to do, and the wishes about how. Nothing runs because a job exists.
package struct Job: Sendable, Hashable {
    /// What the job does.
    package enum Action: Sendable, Hashable {
        case command(CommandJob)
        case shell(CommandJob)
        case check(Source)
        case verify(VerifyJob)
        case sleep(SleepJob)
        case composite(CompositeJob)
    }

    /// What to do when the daemon stopped or died while the task ran.
    package enum OnInterrupt: String, Sendable, Hashable, CaseIterable {
        case fail
        case rerun
    }

    /// When a task becomes ready at the earliest.
    package enum Start: Sendable, Hashable {
        case now
        /// This long after it was submitted.
        case delay(Duration)
        /// Not before this instant.
        case notBefore(Timestamp)
    }

    /// What to do.
    package private(set) var action: Action
    /// The task's name; `nil` for `Task-<id>`.
    package var name: String?
    /// The queue whose slots it takes.
    package var queue = "default"
    /// Higher runs first within a queue.
    package var priority = 0
    /// How long an attempt may run before it is cancelled; `nil` for no limit.
    package var timeout: Duration?
    /// Which keys a check keeps of what it counts, for sources to be compared by; `nil` for none.
    package var keys: KeyKind?
    /// How long a command may take between the request to end and being killed.
    package var grace = Duration.seconds(10)
    /// Whether a parent's cancellation, failure or timeout leaves the task alone.
    package var shield = false
    /// How often it is tried, and how long it rests between tries.
    package var retry = RetryPolicy.once
    /// The tasks that must have succeeded first.
    package var after: [TaskID] = []
    /// When it becomes ready at the earliest.
    package var start = Start.now
    /// The idempotency key: a second job with it is the first one's task.
    package var key: String?
    /// Words to find it by.
    package var labels: JSONObject = [:]
    /// Whether it waits until somebody starts it.
    package var hold = false
    /// What happens when the daemon stopped or died while it ran.
    package var onInterrupt = OnInterrupt.fail
    /// The command run once it is done; empty for none.
    package var onDone: [String] = []
    /// The job as it was written.
    package var source = JSONValue.null

    /// A job that does `action`, with every modifier at its default.
    package init(action: Action) {
        self.action = action
    }

    /// The kind key that says what the job does.
    package var kind: TaskKind {
        switch action {
        case .command: .command
        case .shell: .shell
        case .check: .check
        case .verify: .verify
        case .sleep: .sleep
        case .composite(let composite): composite.policy.kind
        }
    }

    /// The jobs of the members, in the order given; empty unless this is a composite.
    package var members: [Job] {
        guard case .composite(let composite) = action else { return [] }
        return composite.members
    }

    /// The job to be done once more: its key names the first task, and what it and its members ran after has had its say.
    package var again: Job {
        var job = self
        job.key = nil
        job.hold = false
        job.dropDependencies(alsoDropping: ["key", "hold"])
        return job
    }

    /// The job as it was written loses them too: it is what further attempts are made of.
    private mutating func dropDependencies(alsoDropping keys: [String] = []) {
        after = []
        guard var source = source.objectValue else { return }
        for key in ["after"] + keys { source.removeValue(forKey: key) }
        if case .composite(var composite) = action {
            for index in composite.members.indices { composite.members[index].dropDependencies() }
            action = .composite(composite)
            // The sources of an inventory, which are no list, run after nothing.
            if source[kind.rawValue]?.arrayValue != nil {
                source[kind.rawValue] = .array(composite.members.map(\.source))
            }
        }
        self.source = .object(source)
    }
}
