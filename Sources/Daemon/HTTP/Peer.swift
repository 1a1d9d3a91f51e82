internal import Synchronization

/// Who is at the other end of a connection.
final class Peer: Sendable {
    /// The one whom the current task serves.
    @TaskLocal static var current: Peer?

    let caller: Caller
    private let newcomers: InFlightCounter
    private let isNew = Atomic(true)

    /// Somebody whom `newcomers` counts already, until something is asked.
    init(_ caller: Caller, _ newcomers: InFlightCounter) {
        self.caller = caller
        self.newcomers = newcomers
    }

    /// Notes that something was asked, or that nothing will be; only the first time counts.
    func noteRequest() {
        if isNew.exchange(false, ordering: .relaxed) { newcomers.end() }
    }
}
