internal import Glibc
internal import Synchronization

/// A shim that this daemon has started: its number is nobody else's until it is reaped.
final class ShimChild: Sendable {
    private let number: Mutex<pid_t?>

    init(_ number: pid_t) {
        self.number = Mutex(number)
    }

    /// Sends it `signal`, unless it was reaped.
    func send(_ signal: Int32) {
        number.withLock { if let number = $0 { _ = kill(number, signal) } }
    }

    /// Waits for its end, which is to be near.
    ///
    /// - Returns: its status as waitpid(2) has it.
    func reap() -> Int32 {
        number.withLock { number in
            var status: Int32 = 0
            if let number { while waitpid(number, &status, 0) < 0, errno == EINTR {} }
            number = nil
            return status
        }
    }
}
