internal import Model

/// Why a file cannot be read.
struct FileFailure: Error, CustomStringConvertible {
    let description: String

    init(_ error: SystemError) {
        description = error.description
    }

    init(_ description: String) {
        self.description = description
    }
}
