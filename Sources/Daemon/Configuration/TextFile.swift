internal import Glibc
internal import Model

/// Reads small files of text, such as settings and jobs.
enum TextFile {
    /// The bytes of the regular file at `path`, at most `limit` of them.
    ///
    /// - Parameter isTrusted: whether nobody but root and the daemon's user may have had a hand in it.
    /// - Throws: ``FileFailure``.
    static func read(_ path: String, limit: Int, isTrusted: Bool = false) throws(FileFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileFailure(SystemError()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(SystemError()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileFailure("not a regular file") }
        if isTrusted { try requireTrust(status) }
        guard status.st_size <= limit else { throw FileFailure("larger than \(limit) bytes") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw FileFailure(SystemError()) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw FileFailure("larger than \(limit) bytes") }
        }
    }

    private static func requireTrust(_ status: stat) throws(FileFailure) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw FileFailure(
                "belongs to user \(status.st_uid); it must belong to root or to the user of taskd: chown it")
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw FileFailure("others than its owner may write to it; take that away: chmod go-w")
        }
    }
}
