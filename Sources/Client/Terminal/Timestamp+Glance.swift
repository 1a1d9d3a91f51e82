internal import Glibc
internal import Model

extension Timestamp {
    /// This instant, to the second: all that a person looking at a table needs.
    static var now: Timestamp { Timestamp(milliseconds: Int64(time(nil)) * 1000) }

    /// The instant to the second, which fits a table and may be given back to `--since`.
    var glance: String {
        description.prefix(19) + "Z"
    }
}
