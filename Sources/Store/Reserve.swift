internal import CLinux
internal import Glibc
internal import Model
internal import Synchronization

/// Preallocates disk space for the history file and its log, so that outcomes and cancel requests can still be written when
/// the disk is full.
///
/// Both the history file and its write-ahead log own more of the disk than they use (`hold_room`), so that nothing else can
/// take it. The log's part stays until the store is closed and the log removed; the file's, which is only taken when the disk
/// gets short, is let go in each checkpoint, which cuts the file to what it uses, and taken back at once. A file system that
/// cannot do that keeps none, and one that writes nothing twice to a place, such as Btrfs, less.
final class Reserve: Sendable {
    /// What the history file can grow by, in bytes.
    static let fileRoom: off_t = 4 << 20
    /// How much more is taken at once where there is enough, in bytes.
    private static let step: off_t = 4 << 20
    /// What the file that readers share can grow to, in bytes: as a log of 128 MiB needs it.
    private static let sharedRoom: off_t = 256 << 10
    /// What the log can grow to, in bytes. SQLite begins it anew at a quarter of that, unless the file cannot grow.
    private static let logRoom = off_t(Store.logLimit)
    /// What is free where the history file takes nothing beforehand, in bytes: giving that back in each checkpoint, and taking it
    /// again, costs a tenth of the submits.
    private static let ampleFreeBytes = Int64(1 << 30)
    /// What has to be free beside all that for more than the end of what runs, in bytes: a task that is started makes files.
    private static let minimumFreeBytes = Int64(1 << 20)
    /// How many files, likewise.
    private static let minimumFreeFiles: UInt = 16
    /// What a task takes when it is started, in bytes and files.
    private static let (bytesToStart, filesToStart) = (Int64(64 << 10), UInt(8))

    private let log: String
    // Only closed after SQLite's descriptors: a process loses its locks on a file with the first one that it closes (fcntl(2)).
    private let file: CInt
    private let shared: CInt
    private let isLogWhole = Atomic(false)

    /// The reserve of the history at `path`, which is open; taken at once, if there is room.
    ///
    /// - Throws: ``StoreError`` when the history cannot be opened.
    init(of path: String) throws(StoreError) {
        log = path + "-wal"
        file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else {
            throw StoreError(code: .unavailable, message: "\(path): \(SystemError())")
        }
        shared = open(path + "-shm", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        if shared >= 0 { _ = Self.hold(shared, upTo: Self.sharedRoom) }
        renew()
    }

    /// Takes what is missing of the room, and asks whether there is more than that, as far as the system tells.
    func isEnough() -> Bool { startableTasks() > 0 }

    /// How many tasks there is room for to start, beside the room kept; 0 when that is not whole.
    func startableTasks() -> Int {
        let free = Store.freeSpace(beside: log)
        guard isWhole(free?.bytes) else { return 0 }
        let (bytes, files) = (free?.bytes ?? .max, free?.files ?? .max)
        guard bytes >= Self.minimumFreeBytes, files >= Self.minimumFreeFiles else { return 0 }
        return min(Int(clamping: bytes / Self.bytesToStart), Int(clamping: files / Self.filesToStart))
    }

    /// Takes what is missing of the room; to be called after each commit.
    func renew() {
        _ = isWhole(Store.freeSpace(beside: log)?.bytes)
    }

    /// Takes the log's part again, which was given back with the rest of it.
    func logWasCut() {
        isLogWhole.store(false, ordering: .relaxed)
        renew()
    }

    /// Whether nothing is missing, or can be taken now; `free` is what else is free.
    private func isWhole(_ free: Int64?) -> Bool {
        let free = free ?? .max
        // Not looked at each time: after each look the kernel notes the time of the next write (5 to 10 % of the submits).
        let isLogWhole = isLogWhole.load(ordering: .relaxed) || holdLog()
        self.isLogWhole.store(isLogWhole, ordering: .relaxed)
        guard isLogWhole, free < Self.ampleFreeBytes else { return isLogWhole }
        var status = stat()
        guard fstat(file, &status) == 0 else { return false }
        let missing = Int64(status.st_size + Self.fileRoom - status.room)
        // What cannot be is not tried: that takes the disk a while, and somebody waits for each of these answers.
        return missing <= 0 || missing <= free && hold(file, missing, upTo: status.st_size + Self.fileRoom, free)
    }

    /// Takes what is missing, and a little more where there is enough, so that this is seldom done.
    private func hold(_ file: CInt, _ missing: Int64, upTo end: off_t, _ free: Int64) -> Bool {
        missing + Int64(Self.step) <= free && Self.hold(file, upTo: end + Self.step) || Self.hold(file, upTo: end)
    }

    private func holdLog() -> Bool {
        let file = open(log, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return false }
        defer { Glibc.close(file) }
        return Self.hold(file, upTo: Self.logRoom)
    }

    /// Gives the descriptor back; to be called after the store is closed.
    func close() {
        for descriptor in [file, shared] where descriptor >= 0 { Glibc.close(descriptor) }
    }

    private static func hold(_ file: CInt, upTo end: off_t) -> Bool {
        var isHeld = hold_room(file, end) == 0
        while !isHeld, errno == EINTR { isHeld = hold_room(file, end) == 0 }
        return isHeld || (errno != ENOSPC && errno != EDQUOT)
    }
}

extension stat {
    /// What the file takes of the disk, in bytes.
    fileprivate var room: off_t { st_blocks * 512 }
}
