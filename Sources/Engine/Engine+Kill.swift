internal import Jobs
internal import Model

extension Engine {
    /// Has the commands that run killed at once, whatever grace their jobs give: for a stop that may take no longer.
    /// Their ends are committed as those of any others; ``stop(leavingCommands:)`` waits for that.
    package func killCommands() {
        for task in live.all where task.record.kind.isCommand { configuration.attempt(task.record).send(.kill) }
    }
}
