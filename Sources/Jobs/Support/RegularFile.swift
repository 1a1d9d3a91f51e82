internal import Glibc
internal import Model

/// A regular file opened for reading, closed when it goes.
struct RegularFile: ~Copyable {
    /// How many bytes it had when it was opened.
    let size: Int

    private let descriptor: CInt

    /// Opens the file at `path`; a symbolic link is not followed.
    ///
    /// - Parameter history: the database that is not opened as a file, nor what SQLite keeps beside it.
    /// - Throws: ``SourceError`` when there is none, it may not be read, is no regular file or larger than `limit` bytes.
    init(path: String, limit: Int, besides history: String) throws(SourceError) {
        // Looked at before it is opened: another may come to stand at the path, and O_PATH opens nothing (open(2)).
        let place = open(path, __O_PATH | O_NOFOLLOW | O_CLOEXEC)
        guard place >= 0 else { throw .opening(errno) }
        defer { close(place) }
        var status = stat()
        guard fstat(place, &status) == 0 else { throw .reading(errno) }
        guard status.st_mode & S_IFMT != S_IFLNK else { throw .opening(ELOOP) }
        try Self.refuse(FileIdentity(status), as: history)
        try status.requireRegularFile()
        guard status.st_size <= limit else {
            throw SourceError(.tooLarge, "has \(status.st_size) bytes; at most \(limit) are read")
        }
        // O_NONBLOCK: the end of another process's lease on the file would be waited for (fcntl(2)).
        let descriptor = open("/proc/self/fd/\(place)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .opening(errno) }
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Reads the next bytes into `buffer`; answers how many, 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count < 0 else { return count }
            guard errno == EINTR else { throw .reading(errno) }
        }
    }
}

extension RegularFile {
    /// Refuses `file` when it is the database at `history` or one of the files beside it, by whatever name: a process
    /// that closes any descriptor of such a file gives up all its locks on it (sqlite.org/howtocorrupt.html, section 2.2).
    private static func refuse(_ file: FileIdentity, as history: String) throws(SourceError) {
        let own = [history, history + "-wal", history + "-shm"].map { FileIdentity(at: $0) }
        guard !own.contains(file) else {
            throw SourceError(.config, "is the daemon's own history; only an sqlite source may ask it")
        }
    }
}

extension stat {
    /// - Throws: ``SourceError`` saying what it is when it is no regular file.
    func requireRegularFile() throws(SourceError) {
        switch st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw SourceError(.config, "is a directory; path must name a file")
        default: throw SourceError(.config, "is not a regular file; path must name one")
        }
    }
}

extension SourceError {
    /// A file could not be opened, for the reason `number`.
    static func opening(_ number: CInt) -> SourceError {
        switch number {
        case ENOENT: SourceError(.config, "there is no such file; check path")
        case ENOTDIR: SourceError(.config, "a part of the path is not a directory; check path")
        case ELOOP: SourceError(.config, "is a symbolic link; path must name the file itself")
        case ENAMETOOLONG: SourceError(.config, "is too long for a path")
        case EACCES, EPERM: SourceError(.auth, "may not be read by the daemon; give its user permission")
        default: .reading(number)
        }
    }

    /// A file could not be read, for the reason `number`.
    static func reading(_ number: CInt) -> SourceError {
        SourceError(.connect, "cannot be read: \(SystemError(number))", isRetryable: true)
    }
}
