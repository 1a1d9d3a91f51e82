internal import CLinux
internal import Dispatch
internal import Glibc

/// Hears when somebody sets the system's clock.
///
/// A timer of the kernel's for the end of time is cancelled when the clock is set (`TFD_TIMER_CANCEL_ON_SET`,
/// timerfd_create(2)).
enum ClockWatch {
    /// An element each time that the clock was set, for as long as somebody listens; none where the system has no descriptor
    /// to spare.
    static func steps() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { step in
            let timer = watch_clock()
            guard timer >= 0 else { return step.finish() }
            let source = DispatchSource.makeReadSource(fileDescriptor: timer)
            source.setEventHandler {
                var expirations: UInt64 = 0
                // It listens on after having failed with that.
                if read(timer, &expirations, MemoryLayout<UInt64>.size) < 0, errno == ECANCELED { step.yield() }
            }
            source.setCancelHandler { close(timer) }
            source.activate()
            // Captured to be kept, and to be cancelled by whoever ends listening.
            nonisolated(unsafe) let kept = source
            step.onTermination = { _ in kept.cancel() }
        }
    }
}
