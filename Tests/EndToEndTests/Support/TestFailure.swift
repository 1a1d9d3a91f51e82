import Glibc
import Model

/// Something around a test did not go as it must.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// The failure of a system call on `what`.
    static func system(_ what: String, _ code: Int32 = errno) -> TestFailure {
        TestFailure("\(what): \(SystemError(code))")
    }
}
