internal import Metrics

/// What the writer measures: how many commands shared a commit, and how long that took.
struct WriterMetrics: Sendable {
    private let size = Recorder(label: "taskd_commit_commands", dimensions: [], aggregate: true)
    private let time = Timer(label: "taskd_commit_duration_seconds", dimensions: [])

    /// Notes one transaction of `count` commands that began at `start`, committed or not.
    func note(_ count: Int, since start: ContinuousClock.Instant) {
        size.record(count)
        time.record(duration: ContinuousClock.now - start)
    }
}
