internal import Glibc
internal import Model

/// A file in the making: it has another name until it is whole and durable.
struct BackupFile: Sendable {
    /// The name it is to have.
    let path: String
    /// The name it has meanwhile.
    var temporary: String { path + ".new" }

    /// Makes an empty file, mode 0600, for a copy of the file at `origin`.
    ///
    /// - Throws: ``StoreError`` when something has one of the names already, it cannot be made, or it would be among the files
    ///   that are the daemon's own.
    init(path: String, of origin: String) throws(StoreError) {
        self.path = path
        guard let own = Self.directory(of: origin), let directory = Self.directory(of: path) else {
            throw Self.failure(path)
        }
        let isOwn = directory == own || ["/tasks/", "/tasks.new/"].contains { (directory + "/").hasPrefix(own + $0) }
        guard !isOwn else {
            throw StoreError(
                code: .unusablePath,
                message: "\(path): \(own) is for taskd's own files; give a name in another directory")
        }
        guard access(path, F_OK) != 0 else {
            throw Self.taken(path)
        }
        let file = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            guard errno == EEXIST else { throw Self.failure(temporary) }
            throw StoreError(
                code: .unusablePath,
                message: "\(temporary): is there already; unless a backup is being made there, remove it")
        }
        close(file)
    }

    /// The directory that the file at `path` is in or would be in, without symbolic links.
    private static func directory(of path: String) -> String? {
        (path.parentPath ?? "/").resolvedPath
    }

    /// Gives it its name, durably.
    ///
    /// - Returns: its length in bytes.
    /// - Throws: ``StoreError`` when the name was taken meanwhile, or the disk fails.
    func publish() throws(StoreError) -> Int64 {
        let file = open(temporary, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure(temporary) }
        defer { close(file) }
        var status = stat()
        // link(2) and not rename(2): what somebody else has put there meanwhile stays.
        guard fsync(file) == 0, fstat(file, &status) == 0, link(temporary, path) == 0 else { throw Self.failure(path) }
        unlink(temporary)
        let directory = open(path.parentPath ?? "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Self.failure(path) }
        return Int64(status.st_size)
    }

    /// Takes it away, with what SQLite put beside it.
    func discard() {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(temporary + suffix) }
    }

    private static func taken(_ path: String) -> StoreError {
        StoreError(code: .unusablePath, message: "\(path): is there already; give another name")
    }

    private static func failure(_ path: String) -> StoreError {
        let error = SystemError()
        let message = "\(path): \(error)"
        return switch error.code {
        case EEXIST: taken(path)
        case ENOENT, ENOTDIR, EACCES, EPERM, EROFS, ENAMETOOLONG, ELOOP:
            StoreError(code: .unusablePath, message: "\(message); give another name")
        case ENOSPC, EDQUOT: StoreError(code: .full, message: message)
        default: StoreError(code: .unavailable, message: message)
        }
    }
}
