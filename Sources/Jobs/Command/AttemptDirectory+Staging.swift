internal import Glibc
internal import Model

// ext4 without a journal looks at every inode of a group that was given back in the last minutes before it takes one there
// (`recently_deleted`, fs/ext4/ialloc.c), and takes those of a directory's files from its group, which is the group of the
// directory above. So after a prune of some thousand tasks each file of the next ones would cost a fifth of a millisecond.
// Where directories can be spread over the groups, each is therefore made in one of several that are, and then moved.

extension AttemptDirectory {
    /// Makes the directory below the state directory that others are made in, where the file system has such groups.
    ///
    /// What it cannot do costs time and nothing else, so nobody is told.
    static func prepareStaging(state: String) {
        let staging = staging(state)
        try? remove(staging)
        guard mkdir(staging, 0o700) == 0, !spreadDirectories(of: staging) else { return }
        rmdir(staging)
    }

    /// Makes the directory in one of those places and moves it to where it belongs, where nothing but an empty directory
    /// may be.
    ///
    /// - Returns: whether it did; `false` leaves nothing behind.
    func makeStaged() -> Bool {
        guard child == nil else { return false }
        let place = Self.place(of: task, state)
        let made = "\(place)/\(task)"
        if mkdir(made, 0o700) != 0 {
            guard errno == ENOENT, mkdir(place, 0o700) == 0 || errno == EEXIST, mkdir(made, 0o700) == 0 else {
                return false
            }
        }
        if rename(made, path) == 0 { return true }
        rmdir(made)
        return false
    }

    private static func staging(_ state: String) -> String { state + "/staging" }

    /// Neighbours share a place, as making one takes longer than using it.
    private static func place(of task: TaskID, _ state: String) -> String {
        "\(staging(state))/\(salt)-\(task.number / 16 % 256)"
    }

    /// The name of a directory decides about its group, and the groups of the last daemon may be full of what it removed.
    private static let salt = String(UInt32.random(in: .min ... .max), radix: 16)

    /// Asks the file system to keep the directories of `path` apart, as it does with those of a `/home` (chattr(1), `T`).
    private static func spreadDirectories(of path: String) -> Bool {
        guard let directory = try? Descriptor.opening(path, O_RDONLY | O_DIRECTORY) else { return false }
        var flags: CLong = 0
        guard ioctl(directory.number, flagsRequest(direction: 2, number: 1), &flags) == 0 else { return false }
        flags |= 0x20000  // FS_TOPDIR_FL, linux/fs.h
        return ioctl(directory.number, flagsRequest(direction: 1, number: 2), &flags) == 0
    }

    /// `FS_IOC_GETFLAGS` and `FS_IOC_SETFLAGS`, which are macros: `_IOR('f', 1, long)` and `_IOW('f', 2, long)`.
    private static func flagsRequest(direction: CUnsignedLong, number: CUnsignedLong) -> CUnsignedLong {
        direction << 30 | CUnsignedLong(MemoryLayout<CLong>.size) << 16 | 0x66 << 8 | number
    }
}
