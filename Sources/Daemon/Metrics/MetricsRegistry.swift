internal import Metrics
internal import Synchronization

/// Keeps what swift-metrics records, and writes it down for Prometheus.
///
/// It is a backend of our own, because none of those at hand is needed for more than this: sums, under a lock each.
/// Nothing is ever dropped, so whoever makes a metric sees to it that there are few series of it.
final class MetricsRegistry: MetricsFactory {
    private struct Series: Sendable {
        let labels: [(String, String)]
        let handler: any MetricSeries
    }

    private let families: [String: MetricFamily]
    private let series = Mutex<[String: [Series]]>([:])

    /// A registry of `families`; a metric that is none of them has no explanation, and no buckets.
    init(_ families: [MetricFamily] = MetricFamily.recorded) {
        self.families = Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0) })
    }

    /// Writes every series, the metrics by name.
    func write(to exposition: inout Exposition) {
        for (name, series) in series.withLock(\.self).sorted(by: { $0.key < $1.key }) {
            guard let first = series.first else { continue }
            exposition.begin(name, first.handler.kind, families[name]?.help ?? name)
            for one in series { one.handler.write(name, one.labels, to: &exposition) }
        }
    }

    /// The series with these labels, made when there is none.
    private func series<Handler: MetricSeries>(
        _ name: String, _ labels: [(String, String)], _ make: () -> Handler
    ) -> Handler {
        series.withLock { all in
            let known = all[name, default: []].first { $0.labels.elementsEqual(labels, by: ==) }
            if let handler = known?.handler as? Handler { return handler }
            let handler = make()
            all[name, default: []].append(Series(labels: labels, handler: handler))
            return handler
        }
    }
}

extension MetricsRegistry {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { CounterSeries() }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { GaugeSeries() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions) { HistogramSeries(buckets: self.families[label]?.buckets ?? []) }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions) { HistogramSeries(buckets: self.families[label]?.buckets ?? []) }
    }

    // Every metric lives as long as the daemon.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
