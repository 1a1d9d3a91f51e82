internal import Glibc
package import Model

extension Timestamp {
    /// The instant now, from the system's clock (clock_gettime(2), `CLOCK_REALTIME`).
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
