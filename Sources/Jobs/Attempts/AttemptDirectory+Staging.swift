internal import FoundationEssentials
internal import Glibc
internal import Model

// ext4 without a journal looks at every inode of a group that was given back in the last minutes before it takes one there
// (`recently_deleted`, fs/ext4/ialloc.c), and takes those of a directory's files from its group, which is the group of the
// directory above. So after a prune of some thousand tasks each file of the next ones would cost a fifth of a millisecond.
// Where directories can be spread over the groups, each is therefore made in one of several that are, and then moved.

extension AttemptDirectory {
    /// Makes the directory below the state directory that others are made in, where the file system has such groups, and
    /// removes what a daemon that was killed left there.
    ///
    /// What it cannot do costs time and nothing else, so nobody is told.
    static func prepareStaging(state: String) {
        let staging = staging(state)
        removeEmpty(staging, depth: 2)
        guard mkdir(staging, 0o700) == 0, !spreadDirectories(of: staging) else { return }
        rmdir(staging)
    }

    /// Removes the directory at `path` if nothing but directories, `depth` below each other at most, is in it.
    private static func removeEmpty(_ path: String, depth: Int) {
        guard rmdir(path) != 0, errno == ENOTEMPTY, depth > 0 else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            removeEmpty("\(path)/\(name)", depth: depth - 1)
        }
        rmdir(path)
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

    private static func staging(_ state: String) -> String { state + "/tasks.new" }

    /// Neighbours share a place, as making one takes longer than using it.
    private static func place(of task: TaskID, _ state: String) -> String {
        "\(staging(state))/\(salt)-\(task.number / 16 % 256)"
    }

    /// The name of a directory decides about its group, and the groups of the last daemon may be full of what it removed.
    private static let salt = String(UInt32.random(in: .min ... .max), radix: 16)

    /// Asks the file system to keep the directories of `path` apart, as it does with those of a `/home` (chattr(1), `T`).
    private static func spreadDirectories(of path: String) -> Bool {
        guard let directory = try? Descriptor.opening(path, O_RDONLY | O_DIRECTORY) else { return false }
        // The requests speak of a long, and the kernel means an int.
        var flags: CInt = 0
        guard ioctl(directory.number, getFlags, &flags) == 0 else { return false }
        flags |= topDirectory
        return ioctl(directory.number, setFlags, &flags) == 0
    }

    // linux/fs.h, where they are macros that Swift does not see: _IOR('f', 1, long), _IOW('f', 2, long), FS_TOPDIR_FL.
    private static let getFlags = 2 << 30 | sizeOfLong | 0x66 << 8 | 1
    private static let setFlags = 1 << 30 | sizeOfLong | 0x66 << 8 | 2
    private static let sizeOfLong = CUnsignedLong(MemoryLayout<CLong>.size) << 16
    private static let topDirectory: CInt = 0x20000
}
