internal import Glibc
internal import Model

extension Timestamp {
    /// This instant.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The instant to the second, which fits a table and may be given back to `--since`.
    var glance: String {
        description.prefix(19) + "Z"
    }
}
