internal import Glibc
internal import Model

/// An open file that is closed with the value.
struct Descriptor: ~Copyable {
    /// Its number; 10 or above, so that handing it over under a lower number never overwrites another one.
    let number: Int32

    private init(number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Opens `path`, never through a symbolic link and never to be inherited unasked.
    ///
    /// - Throws: an exception that names the path and what the system said.
    static func opening(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(ExceptionInfo) -> Descriptor {
        let low = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
        guard low >= 0 else { throw .system("cannot open \(path)") }
        guard low < 10 else { return Descriptor(number: low) }
        defer { close(low) }
        let number = fcntl(low, F_DUPFD_CLOEXEC, 10)
        guard number >= 0 else { throw .system("cannot open \(path)") }
        return Descriptor(number: number)
    }

    /// Opens the regular file at `path` for reading; anything else that a command may have put there could keep the caller
    /// waiting for ever.
    ///
    /// - Throws: as ``opening(_:_:mode:)``.
    static func reading(_ path: String) throws(ExceptionInfo) -> Descriptor {
        let file = try opening(path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .internalError("cannot open \(path): not a regular file")
        }
        return file
    }

    /// Whether it is a FIFO; a command may have put anything else in the place of one.
    var isFIFO: Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    /// The number, which the caller now has to close.
    consuming func released() -> Int32 {
        let number = number
        discard self
        return number
    }
}

extension Descriptor {
    /// The bytes of the file from `offset`, at most `limit` of them; fewer when it cannot be read.
    borrowing func contents(from offset: Int64 = 0, limit: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        var length = 0
        while length < limit {
            let count = bytes[length...].withUnsafeMutableBytes {
                pread(number, $0.baseAddress, $0.count, off_t(offset) + off_t(length))
            }
            guard count > 0 else { break }
            length += count
        }
        bytes.removeLast(limit - length)
        return bytes
    }

    /// Writes `text` whole.
    ///
    /// - Throws: an exception with what the system said, which for a pipe includes that it is full.
    borrowing func write(_ text: String, to name: String) throws(ExceptionInfo) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .system("cannot write \(name)") }
            rest = rest.dropFirst(count)
        }
    }
}

extension Descriptor {
    /// Returns when what was written is on the disk.
    ///
    /// - Throws: an exception naming `name`.
    borrowing func flush(_ name: String) throws(ExceptionInfo) {
        guard fdatasync(number) == 0 else { throw .system("cannot write \(name) to its disk") }
    }
}

extension ExceptionInfo {
    /// The daemon could not do `what`, and the system's last error says why.
    static func system(_ what: String, error: Int32 = errno) -> ExceptionInfo {
        .internalError("\(what): \(SystemError(error))")
    }
}
