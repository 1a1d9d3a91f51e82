internal import Engine
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Store

extension Routes {
    /// How many queues have series of their own; the others, with the fewest tasks, share one.
    private static let maximumQueueSeries = 100
    /// What the series of the other queues is called, as no queue can be.
    private static let otherQueues = "*"

    /// `GET /metrics`: what Prometheus reads.
    @Sendable func getMetrics(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        var exposition = Exposition()
        metrics.write(to: &exposition)
        try await writeTasks(to: &exposition)
        writeStore(to: &exposition)
        writeProcess(to: &exposition)
        return Response(
            status: .ok, headers: [.contentType: Exposition.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: exposition.text)))
    }

    private func writeTasks(to exposition: inout Exposition) async throws {
        let backlog = try await engine.store.backlog()
        exposition.begin("taskd_tasks", .gauge, "Tasks that are not done, by state.")
        for (state, count) in backlog.counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            exposition.sample("taskd_tasks", Double(count), [("state", state.rawValue)])
        }
        let queues: [(name: String, help: String, counts: [String: Int])] = [
            ("taskd_queue_ready", "Tasks that wait for nothing but a slot, by queue.", backlog.ready),
            ("taskd_queue_running", "Tasks that occupy a slot, by queue.", engine.running),
        ]
        for (name, help, counts) in queues {
            exposition.begin(name, .gauge, help)
            for (queue, count) in Self.bounded(counts) { exposition.sample(name, Double(count), [("queue", queue)]) }
        }
        exposition.gauge("taskd_max_running", "Tasks that may run at once.", Double(engine.maximumRunning))
        exposition.gauge("taskd_waiters", "Requests that wait for tasks to be done.", Double(engine.waiters))
        exposition.gauge("taskd_waited_for", "Tasks that somebody waits for.", Double(engine.waitedFor))
    }

    /// The queues with the most tasks by name, and what the others have together.
    private static func bounded(_ counts: [String: Int]) -> [(queue: String, count: Int)] {
        let ranked = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let others = ranked.dropFirst(maximumQueueSeries).reduce(0) { $0 + $1.value }
        let own = ranked.prefix(maximumQueueSeries).sorted { $0.key < $1.key }.map { (queue: $0.key, count: $0.value) }
        return own + (ranked.count > maximumQueueSeries ? [(queue: otherQueues, count: others)] : [])
    }

    private func writeStore(to exposition: inout Exposition) {
        let size = engine.store.size
        exposition.gauge("taskd_store_bytes", "Size of the history file.", Double(size.file))
        exposition.gauge("taskd_store_wal_bytes", "Size of its write-ahead log.", Double(size.log))
        if let free = size.free {
            exposition.gauge("taskd_store_free_bytes", "Room on the disk of the history file.", Double(free))
        }
    }

    private func writeProcess(to exposition: inout Exposition) {
        let facts = ProcessFacts()
        exposition.begin("taskd_build_info", .gauge, "Always 1; what runs stands in the labels.")
        exposition.sample("taskd_build_info", 1, [("version", Version.current), ("sqlite", health.store.version)])
        let uptime = Timestamp.now() - health.startedAt
        exposition.gauge("taskd_uptime_seconds", "Time since the daemon was started.", uptime.seconds)
        exposition.gauge(
            "process_start_time_seconds", "When the daemon was started, in seconds since 1970.",
            Double(health.startedAt.milliseconds) / 1000)
        exposition.begin("process_cpu_seconds_total", .counter, "Time on a processor.")
        exposition.sample("process_cpu_seconds_total", facts.processorSeconds)
        if let bytes = facts.residentBytes {
            exposition.gauge("process_resident_memory_bytes", "Memory that is in RAM.", Double(bytes))
        }
        if let count = facts.openDescriptors {
            exposition.gauge("process_open_fds", "Descriptors that are open.", Double(count))
        }
        exposition.gauge("process_max_fds", "Descriptors that may be open.", Double(facts.descriptorLimit))
    }
}
