internal import CLinux
internal import Dispatch
internal import Glibc

/// Hears when somebody sets the system's clock.
///
/// A timer of the kernel's for the end of time is cancelled when the clock is set (`TFD_TIMER_CANCEL_ON_SET`,
/// timerfd_create(2)), which a thread of its own waits for.
enum ClockWatch {
    private static let queue = DispatchQueue(label: "taskd.clock")

    /// An element each time that the clock was set, as long as the process lives; none where the system has no descriptor to
    /// spare. To be called once.
    static func steps() -> AsyncStream<Void> {
        let (steps, step) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        queue.async {
            let timer = watch_clock()
            var expirations: UInt64 = 0
            // It listens on after having failed with that.
            while read(timer, &expirations, MemoryLayout<UInt64>.size) < 0, errno == ECANCELED || errno == EINTR {
                step.yield()
            }
            step.finish()
        }
        return steps
    }
}
