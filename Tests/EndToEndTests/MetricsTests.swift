import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MetricsTests {
    @Test func prometheusReadsThem() async throws {
        try await withDaemon(flags: ["--max-running", "2"]) { daemon in
            _ = try await daemon.run(["gather": [["sleep": 0], ["shell": "exit 3"]], "return_exceptions": true])
            _ = try await daemon.submit(["sleep": 0, "hold": true])
            let running = try await daemon.submit(["sleep": "1h", "queue": "long"])
            try await daemon.event("started", of: running)
            _ = try await daemon.submit(["sleep": "1h", "delay": "1h"])
            _ = try await daemon.http("GET", "/v1/tasks/99")
            _ = try await daemon.http("GET", "/nowhere")
            let reply = try await daemon.http("GET", "/metrics")
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let samples = try await Self.samples(of: reply.text)
            let expected: [String: Double] = [
                "taskd_tasks_submitted_total{kind=gather}": 1, "taskd_tasks_submitted_total{kind=sleep}": 4,
                "taskd_tasks_submitted_total{kind=shell}": 1,
                "taskd_tasks_ended_total{kind=shell,state=failed}": 1,
                "taskd_tasks_ended_total{kind=sleep,state=succeeded}": 1,
                "taskd_task_run_seconds_count{kind=gather}": 1, "taskd_task_wait_seconds_count{kind=sleep}": 2,
                "taskd_tasks{state=held}": 1, "taskd_tasks{state=queued}": 1, "taskd_tasks{state=running}": 1,
                "taskd_queue_running{queue=long}": 1, "taskd_max_running{}": 2, "taskd_waiters{}": 0,
                "taskd_http_requests_total{method=GET,route=/v1/tasks/{id},status=404}": 1,
                "taskd_http_requests_total{method=GET,route=none,status=404}": 1,
                "taskd_http_requests_total{method=POST,route=/v1/tasks,status=201}": 4,
                "taskd_build_info{sqlite=\(try await daemon.sqlite),version=\(Version.current)}": 1,
            ]
            for (series, value) in expected { #expect(samples[series] == value, "\(series)") }
            for series in [
                "taskd_commit_commands_count{}", "taskd_commit_duration_seconds_sum{}", "taskd_connections{}",
                "taskd_store_bytes{}", "taskd_store_wal_bytes{}", "taskd_store_free_bytes{}", "taskd_uptime_seconds{}",
                "process_resident_memory_bytes{}", "process_open_fds{}", "process_max_fds{}",
                "process_cpu_seconds_total{}", "process_start_time_seconds{}",
            ] {
                #expect(samples[series, default: 0] > 0, "\(series)")
            }
        }
    }

    @Test func countsWaitersAndWhatTheyWaitFor() async throws {
        try await withDaemon { daemon in
            let ids = try await daemon.submit([["sleep": "1h", "hold": true], ["sleep": "1h", "hold": true]])
            let waiting = Task {
                try await daemon.http("POST", "/v1/wait", ["ids": .array(ids.map { .int($0) }), "timeout": 60])
            }
            // Nobody is told when somebody begins to wait: looking again is all that is left.
            while try await daemon.http("GET", "/v1/health").json["waited_for"] != 2 {}
            let samples = try await Self.samples(of: daemon.http("GET", "/metrics").text)
            #expect(samples["taskd_waiters{}"] == 1)
            #expect(samples["taskd_waited_for{}"] == 2)
            for id in ids { _ = try await daemon.http("POST", "/v1/tasks/\(id)/cancel") }
            _ = try await waiting.value
            #expect(try await Self.samples(of: daemon.http("GET", "/metrics").text)["taskd_waiters{}"] == 0)
        }
    }

    @Test func queuesShareASeriesWhenThereAreMany() async throws {
        try await withDaemon(flags: ["--max-running", "1"]) { daemon in
            let first = try await daemon.submit(["sleep": "1h", "queue": "first"])
            try await daemon.event("started", of: first)
            _ = try await daemon.submit((0..<103).map { ["sleep": 0, "queue": .string("q\($0)")] })
            _ = try await daemon.submit(["sleep": 0, "queue": "q102"])
            let samples = try await Self.samples(of: daemon.http("GET", "/metrics").text)
            #expect(samples.keys.count { $0.hasPrefix("taskd_queue_ready{") } == 101)
            #expect(samples["taskd_queue_ready{queue=q102}"] == 2)
            #expect(samples["taskd_queue_ready{queue=*}"] == 3)
        }
    }

    @Test func countsCommandsThatWereTakenOver() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "echo up; sleep 3600"])
            try await daemon.firstLine(of: id)
            try await daemon.restart()
            let samples = try await Self.samples(of: daemon.http("GET", "/metrics").text)
            #expect(samples["taskd_tasks_adopted_total{kind=shell}"] == 1)
        }
    }

    /// The samples by name and labels, as the parser of Prometheus' own Python client understands `text`.
    private static func samples(of text: String) async throws -> [String: Double] {
        let parser = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families as parse
            for family in parse(sys.stdin.read()):
                assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
                for sample in family.samples:
                    labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                    print(f"{sample.name}{{{labels}}}\\t{sample.value}")
            """
        let python = Program.repository + "/.build-tools/python/bin/python"
        let parsed = try await Program.run(python, ["-c", parser], input: text)
        guard parsed.status == 0 else { throw TestFailure("not understood (make setup?): \(parsed.stderr)") }
        var samples: [String: Double] = [:]
        for line in parsed.stdout.split(separator: "\n") {
            let parts = line.split(separator: "\t")
            samples[String(parts[0])] = Double(parts[1])
        }
        return samples
    }
}

extension LiveDaemon {
    fileprivate var sqlite: String {
        get async throws { try await http("GET", "/v1/health").json["store"]?["sqlite"]?.stringValue ?? "" }
    }
}
