internal import Metrics
internal import Synchronization

/// How often values of which size were recorded; times are in seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let buckets: [Double]
    private let state: Mutex<State>

    /// A histogram with these upper bounds, increasing, and one bucket beyond them.
    init(buckets: [Double]) {
        self.buckets = buckets
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    var kind: Exposition.Kind { .histogram }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// A clock that was set back makes no time negative.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(duration, 0)) / 1e9) }

    func write(_ name: String, _ labels: [(String, String)], to exposition: inout Exposition) {
        let state = state.withLock(\.self)
        exposition.histogram(name, labels, buckets: buckets, counts: state.counts, sum: state.sum)
    }
}
