/// One series of a metric: what was recorded under one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    var kind: Exposition.Kind { get }

    func write(_ name: String, _ labels: [(String, String)], to exposition: inout Exposition)
}
