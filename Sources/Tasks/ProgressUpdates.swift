/// The reports of one task as they come; see ``TaskHandle/progressUpdates``.
///
/// It carries a signal and reads the report when it is asked for one, so no reader is ever handed an outdated report.
public struct ProgressUpdates: AsyncSequence, Sendable {
    /// A report.
    public typealias Element = Progress
    /// Reading never fails.
    public typealias Failure = Never

    let task: any AnyTask
    let signals: AsyncStream<Void>

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(task: task, signals: signals.makeAsyncIterator())
    }

    /// Reads the reports, leaving out repetitions.
    public struct Iterator: AsyncIteratorProtocol {
        let task: any AnyTask
        var signals: AsyncStream<Void>.Iterator
        var last: Progress?

        init(task: any AnyTask, signals: AsyncStream<Void>.Iterator) {
            self.task = task
            self.signals = signals
        }

        /// The next report; `nil` after the end of the task, or once the reader is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Progress? {
            while await signals.next(isolation: actor) != nil {
                let progress = task.progress
                guard progress != last else { continue }
                last = progress
                return progress
            }
            return nil
        }

        /// The next report; `nil` after the end of the task, or once the reader is cancelled.
        public mutating func next() async -> Progress? {
            await next(isolation: nil)
        }
    }
}
