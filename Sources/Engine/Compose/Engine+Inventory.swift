internal import Jobs
internal import Model
internal import Store

/// What the last good runs of the sources of an inventory have left, by what was asked.
private typealias Baselines = (counts: [String: Int64], keys: [String: KeyFile])

extension Engine {
    /// How many inventories are read at once; their results may be large.
    private static let inventoriesAtOnce = 10

    /// What an inventory comes to whose members are done.
    func inventoryOutcome(of task: TaskRecord, _ policy: InventoryPolicy) async throws -> Outcome {
        let size = try await store.sizeOfOutcomes(ofMembersOf: task.id)
        guard size <= CompositeResult.maximumSize else { return CompositeResult.tooLarge }
        var members = try await store.currentMembers(of: task.id)
        let verification = policy.isVerified ? members.popLast() : nil
        let questions = members.map { member in
            InventoryQuestion(member.job, from: task.directory, isExact: member.detail?["exact"]?.boolValue)
        }
        let baselines = try await baselines(of: questions)
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
                        keys: KeyFile(in: configuration.directories.attempt(of: member)), before: baselines.keys[keys])
                }
            }
            result.reconciliation = await Reconciler(reconciliation, sources).result()
        }
        return result.outcome
    }

    /// What the last good runs have left. A suspicious count, or none, is no good run.
    private func baselines(of questions: [InventoryQuestion]) async throws -> Baselines {
        var baselines: Baselines = ([:], [:])
        let measures = try await store.measures(
            of: Set(questions.flatMap(\.all)))
        for id in Set(measures.values) {
            guard let record = try await store.task(id) else { continue }
            let sources = InventoryRun(record).goodSources
            for source in sources where measures[source.question.count] == id {
                baselines.counts[source.question.count] = source.count
            }
            let kept = sources.filter { source in source.question.keys.map { measures[$0] == id } ?? false }
            guard !kept.isEmpty else { continue }
            let members = try await store.currentMembers(of: id)
            for source in kept {
                guard let keys = source.question.keys, let member = members.first(where: { $0.name == source.name })
                else { continue }
                baselines.keys[keys] = KeyFile(in: configuration.directories.attempt(of: member))
            }
        }
        return baselines
    }

    /// Notes what the inventories have answered that are in the history of a version which did not.
    func noteMeasures() async throws {
        guard try await store.lacksMeasures() else { return }
        var (measures, last) = ([String: TaskID](), TaskID(.max))
        while case let runs = try await store.inventories(before: last, limit: Self.inventoriesAtOnce), !runs.isEmpty {
            for run in runs {
                for answer in InventoryRun(run).goodSources.flatMap(\.question.all) where measures[answer] == nil {
                    measures[answer] = run.id
                }
                last = run.id
            }
        }
        try await store.note(measures)
    }
}
