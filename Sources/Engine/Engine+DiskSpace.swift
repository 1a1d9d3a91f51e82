internal import Store
internal import Synchronization

extension Engine {
    /// How often the disk is looked at while it is full.
    static let diskFullRetryInterval = Duration.seconds(1)

    /// Whether more may be started: not on a full disk, where the room that is left is for the end of what runs already.
    ///
    /// It tells when that changes, and gives the signals again while there is none.
    func mayStart() -> Bool {
        let hasFreeSpace = store.hasFreeSpace
        if isDiskFull.exchange(!hasFreeSpace, ordering: .relaxed) == hasFreeSpace {
            configuration.warn(
                hasFreeSpace
                    ? "\(store.path): there is space again"
                    : "\(store.path): no space left; until there is, nothing is started, and what is new is refused")
        }
        if !hasFreeSpace { shortage.signal() }
        return hasFreeSpace
    }

    /// Has whoever finds the disk full look again after a rest.
    func shortageLoop() async throws {
        for await _ in shortage.signals {
            try await configuration.clock.sleep(for: Self.diskFullRetryInterval)
            readiness.signal()
            alarm.signal()
            hooksPending.signal()
        }
    }
}
