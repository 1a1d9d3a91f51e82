internal import Glibc
internal import Synchronization

/// Room on the disk that is kept for what has to be written down when the disk is full: how tasks end, and that they were
/// asked to.
///
/// It is a file of 8 MiB, which goes when there is no other room, and is made again as soon as there is.
final class Reserve: Sendable {
    private static let size: off_t = 8 << 20

    private let path: String
    private let isThere: Mutex<Bool>

    /// The reserve at `path`; made at once, if there is room.
    init(path: String) {
        self.path = path
        isThere = Mutex(Self.make(path))
    }

    /// Gives the room away.
    ///
    /// - Returns: whether there was any.
    func release() -> Bool {
        isThere.withLock { isThere in
            defer { isThere = false }
            return isThere && unlink(path) == 0
        }
    }

    /// Takes the room back if it was given away.
    ///
    /// - Returns: whether it is there.
    func restore() -> Bool {
        isThere.withLock { isThere in
            if !isThere { isThere = Self.make(path) }
            return isThere
        }
    }

    private static func make(_ path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard posix_fallocate(file, 0, size) == 0 else {
            unlink(path)
            return false
        }
        return true
    }
}
