package import Model

/// What came of an `on_done` command.
package struct HookReport: Sendable, Hashable {
    /// What is noted of it.
    package let result: JSONValue
    /// Whether it has begun, as far as anybody knows; one that has not may be tried again.
    package let hasBegun: Bool

    /// The report that `result` is noted in.
    package init(_ result: JSONValue, hasBegun: Bool = true) {
        self.result = result
        self.hasBegun = hasBegun
    }
}
