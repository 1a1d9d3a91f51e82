import Glibc

/// Runs `test` with a disk of its own, and takes it away afterwards.
func withDisk<Value>(_ kind: Disk.Kind, _ test: (Disk) async throws -> Value) async throws -> Value {
    try await withDirectory { directory in
        let disk = Disk(kind: kind, path: directory.path + "/disk", image: directory.path + "/image")
        try await disk.make()
        do {
            let value = try await test(disk)
            try await disk.unmount()
            return value
        } catch {
            try await disk.unmount()
            throw error
        }
    }
}

/// A small disk that can be filled, and whose power can be cut.
struct Disk: Sendable {
    enum Kind: Sendable {
        /// In memory, for what only needs an end.
        case memory(megabytes: Int)
        /// In memory, with room for so many files.
        case files(Int)
        /// ext4 in a file, with a journal, for what has to survive.
        case loop(megabytes: Int)
    }

    let kind: Kind
    /// Where it is mounted.
    let path: String
    fileprivate let image: String

    /// Whether this process may mount disks.
    static let isPossible = geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0

    fileprivate func make() async throws {
        try await shell("mkdir \(path)")
        if case .loop(let size) = kind {
            try await shell("truncate -s \(size)M \(image) && /usr/sbin/mkfs.ext4 -q \(image)")
        }
        try await mount()
    }

    private func mount() async throws {
        switch kind {
        case .memory(let size): try await shell("mount -t tmpfs -o size=\(size)M taskd-test \(path)")
        case .files(let count):
            try await shell("mount -t tmpfs -o size=64M,nr_inodes=\(count) taskd-test \(path)")
        case .loop: try await shell("mount -o loop \(image) \(path)")
        }
    }

    fileprivate func unmount() async throws {
        try await shell("umount \(path) || umount -l \(path)")
    }

    /// Takes all of the room that is left.
    func fill() async throws {
        try await shell("dd if=/dev/zero of=\(path)/filler bs=4096 2>/dev/null; true")
    }

    /// Gives so much of it back.
    func shrinkFiller(kibibytes: Int) async throws {
        try await shell("truncate -s -\(kibibytes)K \(path)/filler && sync \(path)/filler")
    }

    /// Gives it back.
    func empty() async throws {
        try await shell("rm \(path)/filler")
    }

    /// Makes files until no more than `count` can be made.
    func fillFiles(leaving count: Int) async throws {
        try await shell(
            "mkdir \(path)/files; n=$(df --output=iavail \(path) | tail -1); "
                + "while [ $n -gt \(count) ]; do n=$((n - 1)); : >\(path)/files/$n; done")
    }

    /// Removes them.
    func removeFiles() async throws {
        try await shell("rm -r \(path)/files")
    }

    /// From now on nothing is written any more, and what was not written yet is gone (`EXT4_IOC_SHUTDOWN`, without
    /// flushing the journal; include/uapi/linux/ext4.h).
    func cutPower() throws {
        let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw TestFailure.system(path) }
        defer { close(root) }
        var withoutFlushing: UInt32 = 2
        guard ioctl(root, 0x8004_587D, &withoutFlushing) == 0 else { throw TestFailure.system("EXT4_IOC_SHUTDOWN") }
    }

    /// The power comes back.
    func remount() async throws {
        try await unmount()
        // A mount namespace that is made meanwhile has the disk too, for a moment, and mounting it again would be that one.
        while try await !shell("/usr/sbin/losetup --associated \(image)").isEmpty {}
        try await mount()
    }

    @discardableResult
    private func shell(_ line: String) async throws -> String {
        let ending = try await Program.shell(line)
        guard ending.status == 0 else { throw TestFailure("\(line): \(ending.stderr)") }
        return ending.stdout
    }
}
