internal import Model
internal import Store

extension Engine {
    /// Why the task numbered `id` is not running: no reasons when it runs or is done.
    ///
    /// - Throws: ``EngineError`` when there is no such task.
    package func explain(_ id: TaskID) async throws -> Explanation {
        let task = try await task(id)
        var reasons: [Explanation.Reason] = []
        switch task.state {
        case .held: reasons.append(.held(id))
        case .queued: reasons = try await delays(of: task)
        case .running where task.paused: reasons.append(.paused(id))
        case .running, .succeeded, .failed, .cancelled: break
        }
        return Explanation(id: id, state: task.state, reasons: reasons)
    }

    private func delays(of task: TaskRecord) async throws -> [Explanation.Reason] {
        var reasons = store.hasFreeSpace ? [] : [Explanation.Reason.diskFull(store.path)]
        if let gate = task.waitingFor { return reasons + [Explanation.Reason(gate: gate, of: task)] }
        guard !task.kind.isComposite else { return reasons }
        let running = live.running
        if let queue = try await store.queueRule(task.queue) {
            if queue.isPaused { reasons.append(.queuePaused(task.queue)) }
            if let limit = queue.maximumRunning, running[task.queue, default: 0] >= limit {
                reasons.append(.queueFull(task.queue, limit: limit))
            }
        }
        if let owner = task.submittedBy?.uid, let limit = configuration.limits(owner)?.running,
            live.runningByOwner[owner, default: 0] >= limit
        {
            reasons.append(.userFull(owner, limit: limit))
        }
        let total = running.values.reduce(0, +)
        if total >= configuration.maximumRunning { reasons.append(.daemonFull(limit: configuration.maximumRunning)) }
        if reasons.isEmpty && store.startableTasks < configuration.maximumRunning - total {
            reasons.append(.diskLow(store.path))
        }
        let userSlots = usage.availableSlots(running: live.runningByOwner)
        let full = userSlots.filter { $0.value <= 0 && $0.key != task.submittedBy?.uid }.map(\.key)
        let ahead = try await store.countAhead(of: task, passingOver: full)
        if ahead > 0 {
            reasons.append(.behind(ahead, queue: task.queue, isAtLeast: ahead == Store.maximumCountedAhead))
        }
        return reasons
    }
}

extension Explanation.Reason {
    fileprivate static func held(_ id: TaskID) -> Self {
        Self(code: "held", message: "nobody has started it: taskctl start \(id)")
    }

    fileprivate static func paused(_ id: TaskID) -> Self {
        Self(code: "paused", message: "somebody has stopped it where it is: taskctl resume \(id)")
    }

    fileprivate static func queuePaused(_ queue: String) -> Self {
        Self(
            code: "queue_paused", message: "its queue is paused: taskctl queue resume \(queue)",
            facts: ["queue": .string(queue)])
    }

    fileprivate static func queueFull(_ queue: String, limit: Int) -> Self {
        Self(
            code: "queue_full", message: "its queue runs as many tasks as it may, \(limit)",
            facts: ["queue": .string(queue), "max_running": JSONValue(limit)])
    }

    fileprivate static func userFull(_ owner: UInt32, limit: Int) -> Self {
        Self(
            code: "user_full", message: "user \(owner) runs as many tasks as limits.running allows, \(limit)",
            facts: ["uid": JSONValue(owner), "max_running": JSONValue(limit)])
    }

    fileprivate static func daemonFull(limit: Int) -> Self {
        Self(
            code: "daemon_full", message: "the daemon runs as many tasks as it may, \(limit)",
            facts: ["max_running": JSONValue(limit)])
    }

    fileprivate static func diskFull(_ path: String) -> Self {
        Self(code: "disk_full", message: "nothing is started while the disk of \(path) is full: free some space")
    }

    fileprivate static func diskLow(_ path: String) -> Self {
        Self(
            code: "disk_low",
            message: "few tasks are started at a time while the disk of \(path) is nearly full: free some space")
    }

    fileprivate static func behind(_ count: Int, queue: String, isAtLeast: Bool) -> Self {
        Self(
            code: "behind",
            message: "\(isAtLeast ? "at least " : "")\(count) of its queue come before it, by priority or age",
            facts: ["queue": .string(queue), "ahead": JSONValue(count)])
    }

    /// The gate of `task` that is shut.
    fileprivate init(gate: JSONValue, of task: TaskRecord) {
        if let parent = gate["parent"] {
            self.init(
                code: "parent", message: "its composite, task \(parent.text()), has not let it go yet",
                facts: ["parent_id": parent])
        } else if let after = gate["after"] {
            self.init(
                code: "after", message: "it runs after tasks that have not succeeded yet: \(after.text())",
                facts: ["after": after])
        } else if let time = gate["delay"] {
            self.init(code: "delay", message: "it is not due before \(time.stringValue ?? "")", facts: ["until": time])
        } else {
            let time = gate["retry"] ?? .null
            let message = "attempt \(task.attempt) failed; it is tried again at \(time.stringValue ?? "")"
            self.init(code: "retry", message: message, facts: ["until": time])
        }
    }
}
