internal import Model
internal import Store

extension Engine {
    /// How far back in the history the last good run of a source is looked for, in inventories.
    private static let memory = 200

    /// What an inventory comes to whose members are done.
    func inventoryOutcome(of task: TaskRecord, _ policy: InventoryPolicy) async throws -> Outcome {
        let members = try await store.currentMembers(of: task.id)
        let questions = members.map { question($0.job["check"] ?? .null, from: task.directory) }
        let baselines = try await baselines(of: Set(questions), before: task)
        let answers = zip(members, questions).map { member, question in
            InventoryResult.Answer(
                name: member.name, outcome: member.outcome, detail: member.detail, baseline: baselines[question])
        }
        return InventoryResult(answers: answers, policy: policy).outcome
    }

    /// What the last good run before `task` has counted, by what was asked. A suspicious count, or none, is no good run.
    private func baselines(of questions: Set<JSONValue>, before task: TaskRecord) async throws -> [JSONValue: Int64] {
        var baselines: [JSONValue: Int64] = [:]
        for run in try await store.inventories(before: task.id, limit: Self.memory) {
            guard baselines.count < questions.count else { break }
            for entry in run.job["inventory"]?["sources"]?.arrayValue ?? [] {
                let question = question(InventoryPolicy.source(of: entry), from: run.directory)
                guard questions.contains(question), baselines[question] == nil,
                    let source = run.result?["sources"]?[entry["name"]?.stringValue ?? ""], source["state"] == "ok"
                else { continue }
                baselines[question] = source["count"]?.intValue
            }
        }
        return baselines
    }

    /// What is asked, the same wherever it is asked from: files have their whole path.
    private func question(_ source: JSONValue, from directory: String?) -> JSONValue {
        guard case .object(var object) = source, let directory else { return source }
        for kind in ["sqlite", "file"] {
            guard case .object(var body)? = object[kind], let path = body["path"]?.stringValue else { continue }
            body["path"] = .string(path.path(from: directory))
            object[kind] = .object(body)
        }
        return .object(object)
    }
}
