package import Model

/// Finds the handler of a job.
package struct Handlers: Sendable {
    private let executor: Executor

    /// Handlers that run commands with `executor`.
    package init(executor: Executor) {
        self.executor = executor
    }

    /// The handler that does `job`, which is not a composite: a composite is its members.
    package func handler(of job: Job) -> any JobHandler {
        switch job.action {
        case .command(let command), .shell(let command): CommandHandler(command, executor: executor)
        case .check(let source):
            CheckHandler(
                source, leash: Leash(shim: executor.shim, hidden: executor.state),
                keys: job.keys.map { CheckHandler.Keys($0, state: executor.state) })
        case .verify(let verify): VerifyHandler(verify, state: executor.state)
        case .sleep(let sleep): SleepHandler(sleep)
        case .composite: preconditionFailure("a composite has no handler of its own")
        }
    }
}
