internal import Glibc
internal import Model

/// The directory a daemon keeps its state in, locked for as long as the value lives.
///
/// The lock is taken before anything else in the directory, or the socket, is touched, so that a second daemon harms
/// nothing.
final class StateDirectory: Sendable {
    let path: String
    /// Whether the machine has not been restarted since a daemon last used the directory, so that its files are as that
    /// one left them, written to disk or not.
    let isOfThisBoot: Bool
    /// The file that shows that the directory had a history before; `nil` when it had none.
    let historyTrace: String?
    /// What is not taskd's and has kept the directory from being shut for all but its user; `nil` when it is shut, or is not to
    /// be.
    let foreignName: String?
    private let lock: Int32

    /// Makes the directory if it is missing, mode 0700, and locks it.
    ///
    /// - Parameter isPrivate: whether nobody else has any business there: then one that is there gets the mode 0700 too, once
    ///   it is locked, unless it holds what is not taskd's.
    /// - Throws: ``DaemonError`` when it cannot be made or used, others may write to it, or another daemon holds it.
    init(_ path: String, isPrivate: Bool = true) throws(DaemonError) {
        self.path = path
        try Self.makeDirectory(path)
        try Self.requireOwn(path)
        let lockPath = "\(path)/\(Self.lockName)"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw Self.failure(lockPath) }
        let lock = lock
        var code: Int32 = 0
        let isFree = Predecessor.becomesFree {
            code = flock(lock, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
            return code == EWOULDBLOCK
        }
        guard code == 0 else {
            close(lock)
            guard !isFree else { throw Self.failure(lockPath, code) }
            throw DaemonError(
                code: .alreadyRunning,
                message: "another taskd serves \(path); stop it first, or give --state-dir another directory")
        }
        do throws(DaemonError) {
            foreignName = isPrivate ? try Self.shut(path) : nil
        } catch {
            close(lock)
            throw error
        }
        isOfThisBoot = Self.boot.map { Self.isNoted($0, in: lock, at: 0) } ?? false
        historyTrace = Self.isNoted(Self.historyNote, in: lock, at: Self.historyNotePlace) ? lockPath : nil
    }

    private static func isNoted(_ note: [UInt8], in lock: Int32, at place: off_t) -> Bool {
        var found = [UInt8](repeating: 0, count: note.count)
        return pread(lock, &found, found.count, place) == note.count && found == note
    }

    /// Leaves a note in the lock file that there is a history now; one that cannot be written only leaves the next daemon
    /// in doubt.
    func noteHistory() {
        guard historyTrace == nil else { return }
        pwrite(lock, Self.historyNote, Self.historyNote.count, Self.historyNotePlace)
    }

    private static let historyNote = Array("history\n".utf8)
    /// Behind the number of the boot, a UUID and the end of its line.
    private static let historyNotePlace: off_t = 37

    /// Leaves the number of this boot in the lock file for the next daemon; one that cannot be written only leaves it in doubt.
    /// To be called once nothing is left to settle that may have been cut off by the end of an earlier boot.
    func noteBoot() {
        guard !isOfThisBoot, let boot = Self.boot else { return }
        pwrite(lock, boot, boot.count, 0)
    }

    /// The number of this boot (random(4)).
    private static var boot: [UInt8]? { try? TextFile.read("/proc/sys/kernel/random/boot_id", limit: 64) }

    deinit {
        close(lock)
    }

    /// Makes `path` and what is missing above it, mode 0700.
    static func makeDirectory(_ path: String) throws(DaemonError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw DaemonError(code: .unavailable, message: "\(path): not a directory")
            }
            return
        }
        if let parent = path.parentPath { try makeDirectory(parent) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }

    /// Refuses a directory in which somebody else could put a history with commands of theirs.
    private static func requireOwn(_ path: String) throws(DaemonError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw DaemonError(
                code: .unavailable,
                message:
                    "\(path): somebody else owns it or may write to it, and could have commands run: let user \(geteuid()) "
                    + "own it, and nobody else write to it (chmod go-w)")
        }
    }

    /// Shuts the directory for all but its user, unless it holds what is not taskd's: then others may have business there. What
    /// a daemon makes in it is shut in any case.
    ///
    /// - Returns: the name of that.
    private static func shut(_ path: String) throws(DaemonError) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_mode & 0o077 != 0 else { return nil }
        if let foreign = try foreignName(in: path) { return foreign }
        guard chmod(path, 0o700) == 0 else { throw failure(path) }
        return nil
    }

    private static func foreignName(in path: String) throws(DaemonError) -> String? {
        guard let names = DirectoryListing.names(at: path) else { throw failure(path) }
        return names.first { name in !ownNames.contains(where: name.hasPrefix) }
    }

    private static let lockName = "taskd.lock"
    /// How the names begin of what daemons make in it, and of what may be made for them.
    private static let ownNames = [lockName, "taskd.sock", "history.sqlite", "tasks", "jobs", "lost+found"]

    static func failure(_ path: String, _ code: Int32 = errno) -> DaemonError {
        DaemonError(code: .unavailable, message: "\(path): \(SystemError(code))")
    }
}
