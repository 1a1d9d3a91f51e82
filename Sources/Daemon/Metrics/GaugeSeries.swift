internal import Metrics
internal import Synchronization

/// A number that goes up and down.
final class GaugeSeries: MetricSeries, MeterHandler {
    private let value = Mutex(0.0)

    var kind: Exposition.Kind { .gauge }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func write(_ name: String, _ labels: [(String, String)], to exposition: inout Exposition) {
        exposition.sample(name, value.withLock(\.self), labels)
    }
}
