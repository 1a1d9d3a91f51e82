internal import Jobs
internal import Model
internal import Synchronization

extension Engine {
    /// Has what runs end at once, whatever its grace, its shield or its hook would take: for a stop that may take no longer.
    /// Commands and hooks are killed, all others are cancelled. Their ends are committed as by ``stop(leavingCommands:)``,
    /// which waits for that.
    package func killWhatRuns() {
        for task in live.all where !task.record.kind.isComposite {
            // Stopped first, so that its end counts as the daemon's and not as a cancellation.
            if !task.isStopped { task.stop() }
            if task.record.kind.isCommand { configuration.directories.attempt(of: task.record).send(.kill) }
        }
        for id in hooksRunning.withLock({ Array($0.keys) }) { configuration.directories.hook(of: id).send(.kill) }
    }
}
