internal import Metrics
internal import Model

/// What the engine measures of tasks, by kind.
struct EngineMetrics: Sendable {
    /// The series of one kind.
    private struct Series: Sendable {
        let submitted: Counter
        let ended: [TaskState: Counter]
        let adopted: Counter?
        let wait: Timer
        let run: Timer

        init(_ kind: TaskKind) {
            let dimensions = [("kind", kind.rawValue)]
            submitted = Counter(label: "taskd_tasks_submitted_total", dimensions: dimensions)
            adopted =
                kind.isCommand ? Counter(label: "taskd_tasks_adopted_total", dimensions: dimensions) : nil
            wait = Timer(label: "taskd_task_wait_seconds", dimensions: dimensions)
            run = Timer(label: "taskd_task_run_seconds", dimensions: dimensions)
            var ended: [TaskState: Counter] = [:]
            for state in TaskState.allCases where state.isDone {
                ended[state] = Counter(
                    label: "taskd_tasks_ended_total", dimensions: dimensions + [("state", state.rawValue)])
            }
            self.ended = ended
        }
    }

    private let series = Dictionary(uniqueKeysWithValues: TaskKind.allCases.map { ($0, Series($0)) })

    /// Notes jobs that became tasks, their members too.
    func submitted(_ jobs: [Job]) {
        for job in jobs {
            series[job.kind]?.submitted.increment()
            submitted(job.members)
        }
    }

    /// Notes a task whose first attempt begins, and how long after its submission.
    func started(_ task: TaskRecord) {
        guard task.attempt == 1, let start = task.startedAt else { return }
        series[task.kind]?.wait.record(duration: start - task.submittedAt)
    }

    /// Notes a command that an earlier daemon left running.
    func adopted(_ task: TaskRecord) {
        series[task.kind]?.adopted?.increment()
    }

    /// Notes a task that is done, and how long its last attempt took.
    func ended(_ task: TaskRecord) {
        guard let series = series[task.kind] else { return }
        series.ended[task.state]?.increment()
        guard let start = task.startedAt, let end = task.finishedAt else { return }
        series.run.record(duration: end - start)
    }
}
