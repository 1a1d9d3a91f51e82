/// What is kept of the history without anybody asking; what is `nil` is not limited.
package struct Retention: Sendable, Hashable {
    /// How long ago a task may have been done.
    package var age: Duration?
    /// How many done tasks there may be, members not counted.
    package var count: Int?
    /// How many bytes of the history file may be in use.
    package var bytes: Int64?

    /// Limits on what is kept.
    package init(age: Duration? = nil, count: Int? = nil, bytes: Int64? = nil) {
        self.age = age
        self.count = count
        self.bytes = bytes
    }

    /// Whether everything is kept.
    package var isUnlimited: Bool { self == Retention() }
}
