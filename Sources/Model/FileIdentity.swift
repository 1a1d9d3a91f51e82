package import Glibc

/// Which file stands at a path: another may come to stand there, and one may have several names.
package struct FileIdentity: Sendable, Hashable {
    private let device: dev_t
    private let number: ino_t

    /// That of the open file `descriptor`; `nil` when it cannot be told.
    package init?(of descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// That of the file at `path`, or of what it leads to if it is a symbolic link; `nil` when it cannot be told.
    package init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// That of the file with this status.
    package init(_ status: stat) {
        (device, number) = (status.st_dev, status.st_ino)
    }
}
