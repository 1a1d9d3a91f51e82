internal import Jobs
internal import Model
internal import Store

extension Engine {
    /// How far back in the history the last good run of a source is looked for, in inventories.
    private static let memory = 200
    /// How many inventories are read at once; their results may be large.
    private static let memoryStep = 10

    /// What an inventory comes to whose members are done.
    func inventoryOutcome(of task: TaskRecord, _ policy: InventoryPolicy) async throws -> Outcome {
        var members = try await store.currentMembers(of: task.id)
        let verification = policy.isVerified ? members.popLast() : nil
        let questions = members.map { InventoryQuestion($0.job, from: task.directory) }
        let baselines = try await baselines(of: questions, by: policy.reconciliation?.kind, before: task)
        let answers = zip(members, questions).map { member, question in
            InventoryResult.Answer(
                name: member.name, outcome: member.outcome, detail: member.detail,
                baseline: baselines.counts[question.count])
        }
        var result = InventoryResult(answers: answers, policy: policy, verification: verification?.outcome)
        if let reconciliation = policy.reconciliation {
            let sources = zip(members, questions).compactMap { member, question in
                question.keys.map { keys in
                    ReconciledSource(
                        name: member.name, tally: result.isTrusted(member.name) ? member.detail?["keys"] : nil,
                        keys: KeyFile(in: configuration.attempt(member)), before: baselines.keys[keys])
                }
            }
            result.reconciliation = await Reconciler(reconciliation, sources).result()
        }
        return result.outcome
    }

    /// The inventories that the next ones are measured against: the last good run of each source.
    func measures() async throws -> Set<TaskID> {
        var measures: Set<TaskID> = []
        var counted: Set<JSONValue> = []
        var keyed: Set<JSONValue> = []
        var last = TaskID(.max)
        for _ in 0..<Self.memory / Self.memoryStep {
            let runs = try await store.inventories(before: last, limit: Self.memoryStep)
            guard let oldest = runs.last else { break }
            for run in runs {
                for source in InventoryRun(run).goodSources {
                    let isLast = counted.insert(source.question.count).inserted
                    if isLast { measures.insert(run.id) }
                    // Those of one kind are no measure for those of another.
                    guard source.hasKeys, let keys = source.question.keys,
                        let kind = run.result?["reconciliation"]?["by"]
                    else { continue }
                    if keyed.insert([kind, keys]).inserted { measures.insert(run.id) }
                }
            }
            last = oldest.id
        }
        return measures
    }

    /// What the last good runs before `task` have left. A suspicious count, or none, is no good run.
    private func baselines(
        of questions: [InventoryQuestion], by kind: KeyKind?, before task: TaskRecord
    ) async throws -> InventoryBaselines {
        var baselines = InventoryBaselines(questions)
        var last = task.id
        for _ in 0..<Self.memory / Self.memoryStep where baselines.areOpen {
            let runs = try await store.inventories(before: last, limit: Self.memoryStep)
            guard let oldest = runs.last else { break }
            for run in runs where baselines.areOpen {
                for source in InventoryRun(run).goodSources { baselines.take(source) }
                guard let kind, baselines.areKeysOpen, run.result?["reconciliation"]?["by"] == .string(kind.rawValue)
                else { continue }
                let members = try await store.currentMembers(of: run.id)
                for source in InventoryRun(run).goodSources where source.hasKeys {
                    guard let member = members.first(where: { $0.name == source.name }) else { continue }
                    baselines.take(KeyFile(in: configuration.attempt(member)), of: source)
                }
            }
            last = oldest.id
        }
        return baselines
    }
}
