internal import Glibc

/// The daemon that was here before.
///
/// One that is killed while it starts a command leaves a child that has not reached its exec yet, and which until then, a
/// moment, holds all of its files (vfork(2), which posix_spawn(3) uses): the lock and the listening socket too.
enum Predecessor {
    /// How often is looked, every 10 ms.
    private static let looks = 50

    /// Whether what `isHeld` asks for is let go within half a second.
    static func becomesFree(_ isHeld: () -> Bool) -> Bool {
        for _ in 1..<looks {
            guard isHeld() else { return true }
            usleep(10_000)
        }
        return !isHeld()
    }
}
