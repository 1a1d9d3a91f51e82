import Model

extension Observations {
    /// What does not fit together, in words; empty when one history explains every answer.
    ///
    /// - Parameters:
    ///   - events: the events of the daemon's log, as the wire shows them.
    ///   - tasks: the tasks there are in the end.
    func contradictions(events: [JSONValue], tasks: [JSONValue]) -> [String] {
        let lives = Dictionary(grouping: sights, by: \.task)
        var found = broken
        for (task, sights) in lives.sorted(by: { $0.key < $1.key }) {
            let wrong =
                staleAnswers(sights) + changedEnds(sights) + lostCancellations(of: task, sights) + losses(sights)
            guard !wrong.isEmpty else { continue }
            found.append(
                "task \(task): \(wrong.joined(separator: "; "))\n" + sights.map(\.line).joined(separator: "\n"))
        }
        for task in tasks where task["parent_id"] == .null && !names.contains(task["name"]?.stringValue ?? "") {
            found.append("task \(task["id"]?.text() ?? ""), which nobody asked for")
        }
        return found + Self.illegalSteps(events) + Self.wrongPlaces(events, tasks)
    }

    /// A question that was asked after an answer must not be answered with something older.
    private func staleAnswers(_ sights: [Sight]) -> [String] {
        let answered = sights.sorted { $0.answered < $1.answered }
        var known = 0
        var latest = Life.held
        var stale: [String] = []
        for sight in sights.sorted(by: { $0.asked < $1.asked }) {
            while known < answered.count, answered[known].answered < sight.asked {
                latest = max(latest, answered[known].life)
                known += 1
            }
            if sight.life < latest { stale.append("at \(sight.answered) it is older than it was known to be") }
        }
        return stale
    }

    /// What a task ended with never changes.
    private func changedEnds(_ sights: [Sight]) -> [String] {
        let ends = Set(sights.compactMap(\.end))
        return ends.count > 1 ? ["it has \(ends.count) ends"] : []
    }

    /// What was acknowledged to be cancelled is known to be so for ever.
    private func lostCancellations(of task: Int64, _ sights: [Sight]) -> [String] {
        guard let acknowledged = cancelled[task] else { return [] }
        return sights.compactMap { sight in
            guard sight.asked > acknowledged, let requests = sight.json?["cancel_requests"]?.intValue, requests < 1
            else { return nil }
            return "at \(sight.answered) nobody has cancelled it"
        }
    }

    /// What was acknowledged is there, unless it was allowed to be removed.
    private func losses(_ sights: [Sight]) -> [String] {
        sights.compactMap { sight in
            sight.json == nil && sight.answered < firstPrune ? "at \(sight.answered) it is lost" : nil
        }
    }

    /// The numbers of events rise, and each task goes only where it may go from where it is.
    private static func illegalSteps(_ events: [JSONValue]) -> [String] {
        var last: Int64 = 0
        var states: [Int64: EventState] = [:]
        var illegal: [String] = []
        for event in events {
            let sequence = event["seq"]?.intValue ?? 0
            if sequence <= last { illegal.append("event \(sequence) follows event \(last)") }
            last = sequence
            let (id, type) = (event["task_id"]?.intValue ?? 0, event["type"]?.stringValue ?? "")
            let state = states[id, default: .none]
            guard let next = state.after(type) else {
                illegal.append("task \(id): event \(sequence), \(type), of a task that is \(state)")
                continue
            }
            states[id] = next
        }
        return illegal
    }

    /// The place of a task in the order of ends is the number of the event that tells of its end.
    private static func wrongPlaces(_ events: [JSONValue], _ tasks: [JSONValue]) -> [String] {
        var ends: [Int64: Int64] = [:]
        for event in events where EventState.running.after(event["type"]?.stringValue ?? "") == .done {
            ends[event["task_id"]?.intValue ?? 0] = event["seq"]?.intValue
        }
        return tasks.compactMap { task in
            guard let id = task["id"]?.intValue, ends[id] != task["done_seq"]?.intValue else { return nil }
            return "task \(id): done_seq \(task["done_seq"]?.text() ?? ""), its end is event \(ends[id] ?? 0)"
        }
    }
}

/// How far a task has come in its life, which only ever goes on.
private enum Life: Comparable {
    case held
    /// The attempts begun, each of which makes it queued again at most once.
    case underWay(Int)
    case done
    case gone
}

extension Observations.Sight {
    fileprivate var life: Life {
        guard let json else { return .gone }
        let attempt = Int(json["attempt"]?.intValue ?? 0)
        return switch json["state"]?.stringValue {
        case "held": .held
        case "queued": .underWay(2 * attempt + 1)
        case "running": .underWay(2 * attempt)
        default: .done
        }
    }

    /// What it ended with; `nil` while it has not.
    fileprivate var end: String? {
        guard let json, json["done"] == true else { return nil }
        return ["state", "result", "exception", "done_seq", "finished_at", "attempt"].map { json[$0]?.text() ?? "" }
            .joined(separator: " ")
    }

    fileprivate var line: String {
        let state = json.map { "\($0["state"]?.text() ?? "") attempt \($0["attempt"]?.text() ?? "")" } ?? "gone"
        return "  \(asked)-\(answered) \(question): \(state)"
    }
}

/// Where the events so far have brought a task.
private enum EventState {
    case none, waiting, running, done

    /// Where an event of `type` brings it; `nil` when there can be none here.
    func after(_ type: String) -> EventState? {
        switch (self, type) {
        case (.none, "submitted"), (.waiting, "released"), (.running, "retrying"): .waiting
        case (.waiting, "started"): .running
        case (.waiting, "cancel_requested"), (.running, "cancel_requested"): self
        case (.running, "progress"), (.running, "timed_out"), (.running, "paused"), (.running, "resumed"): self
        case (.running, "succeeded"), (.waiting, "failed"), (.running, "failed"): .done
        case (.waiting, "cancelled"), (.running, "cancelled"), (.done, "hook_finished"): .done
        default: nil
        }
    }
}
