/// What all series of one metric have in common, as Prometheus' text format has it (exposition format 0.0.4).
struct MetricFamily: Sendable, Hashable {
    let name: String
    /// What it tells, in a sentence.
    let help: String
    /// The upper bounds of a histogram's buckets but the last, increasing; empty for what is no histogram.
    var buckets: [Double] = []
}

extension MetricFamily {
    private static let brief = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
    private static let long = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]
    private static let sizes = [1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

    /// The metrics that are recorded while things happen; docs/observability.md lists them with the others.
    static let recorded = [
        MetricFamily(name: "taskd_tasks_submitted_total", help: "Tasks made, members of composites too."),
        MetricFamily(name: "taskd_tasks_ended_total", help: "Tasks that are done, by the state they ended in."),
        MetricFamily(name: "taskd_tasks_adopted_total", help: "Commands of an earlier daemon that were taken over."),
        MetricFamily(
            name: "taskd_task_wait_seconds", help: "Time from a task's submission to its first start.", buckets: long),
        MetricFamily(name: "taskd_task_run_seconds", help: "Time that a task's last attempt took.", buckets: long),
        MetricFamily(
            name: "taskd_commit_commands", help: "Commands that shared a transaction of the store.", buckets: sizes),
        MetricFamily(
            name: "taskd_commit_duration_seconds", help: "Time that a transaction of the store took.", buckets: brief),
        MetricFamily(name: "taskd_http_requests_total", help: "Requests that were answered."),
        MetricFamily(
            name: "taskd_http_request_duration_seconds", help: "Time from a request's head to the head of its answer.",
            buckets: brief),
        MetricFamily(name: "taskd_connections", help: "Connections that are open."),
    ]
}
