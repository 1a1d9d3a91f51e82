internal import Glibc

/// Why a call of the system failed, in its own words (strerror(3)).
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    package let code: Int32

    /// The failure that `errno` tells of now; what is called in between may change it.
    package init() {
        code = errno
    }

    package init(_ code: Int32) {
        self.code = code
    }

    package var description: String { String(cString: strerror(code)) }
}
