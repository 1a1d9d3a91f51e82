import Metrics
import Testing

@testable import Daemon

/// What swift-metrics records is written as Prometheus reads it.
struct MetricsTests {
    private func text(_ registry: MetricsRegistry) -> String {
        var exposition = Exposition()
        registry.write(to: &exposition)
        return exposition.text
    }

    @Test func countsAndEscapesLabels() {
        let registry = MetricsRegistry([MetricFamily(name: "a_total", help: "Back\\slash\nline")])
        let counter = Counter(label: "a_total", dimensions: [("name", "q\"\\\n")], factory: registry)
        counter.increment(by: 2)
        counter.increment()
        #expect(
            text(registry) == """
                # HELP a_total Back\\\\slash\\nline
                # TYPE a_total counter
                a_total{name="q\\"\\\\\\n"} 3

                """)
    }

    @Test func theSameLabelsAreTheSameSeries() {
        let registry = MetricsRegistry([])
        for _ in 0..<2 { Counter(label: "a", dimensions: [("k", "v")], factory: registry).increment() }
        #expect(text(registry).contains("a{k=\"v\"} 2\n"))
    }

    @Test func putsTimesIntoBucketsThatAddUp() {
        let registry = MetricsRegistry([MetricFamily(name: "t", help: "t", buckets: [0.001, 1])])
        let timer = Timer(label: "t", dimensions: [], factory: registry)
        for duration: Duration in [.zero, .milliseconds(1), .milliseconds(2), .seconds(3), .seconds(-1)] {
            timer.record(duration: duration)
        }
        #expect(
            text(registry) == """
                # HELP t t
                # TYPE t histogram
                t_bucket{le="0.001"} 3
                t_bucket{le="1"} 4
                t_bucket{le="+Inf"} 5
                t_sum 3.003
                t_count 5

                """)
    }

    @Test func aMeterGoesUpAndDown() {
        let registry = MetricsRegistry([])
        let meter = Meter(label: "open", dimensions: [], factory: registry)
        meter.increment()
        meter.increment()
        meter.decrement()
        #expect(text(registry).contains("# TYPE open gauge\nopen 1\n"))
    }
}
