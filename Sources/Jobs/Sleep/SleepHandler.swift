package import Model

/// Does a sleep job: rests, tells its progress after each step, and ends as it was told to.
package struct SleepHandler: JobHandler {
    private let job: SleepJob

    /// The handler of `job`.
    package init(_ job: SleepJob) {
        self.job = job
    }

    /// Rests on the context's clock; cancelling ends the rest at once.
    package func run(_ context: JobContext) async -> RunReport {
        do {
            try await rest(on: context.clock, report: context.report)
            return RunReport(job.outcome)
        } catch {
            return RunReport(.cancelled(.cancelled(nil)))
        }
    }

    /// Each step sleeps until its own place in the whole rest, so that late wake-ups do not add up.
    private func rest<C: Clock<Duration>>(
        on clock: C, report: (Progress) -> Void
    ) async throws(CancellationError) {
        let start = clock.now
        for step in 1...job.steps {
            do {
                try Task.checkCancellation()
                try await clock.sleep(until: start.advanced(by: job.duration * step / job.steps), tolerance: nil)
            } catch {
                throw CancellationError()
            }
            report(Progress(completed: Double(step), total: Double(job.steps)))
        }
    }
}
