internal import Metrics
internal import Synchronization

/// A number that only grows.
final class CounterSeries: MetricSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    var kind: Exposition.Kind { .counter }

    func increment(by amount: Int64) {
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func write(_ name: String, _ labels: [(String, String)], to exposition: inout Exposition) {
        exposition.sample(name, Double(value.load(ordering: .relaxed)), labels)
    }
}
