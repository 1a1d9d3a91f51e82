internal import Glibc
internal import Model

/// The file system that a file is on.
struct FileSystem: Sendable {
    /// What the kernel calls it: `ext4`, `nfs4`, `fuse.sshfs`.
    let name: String

    /// Those whose locks and shared memory do not reach everybody who may use the file ("all processes using a database
    /// must be on the same host computer", sqlite.org/wal.html).
    private static let unfit = ["nfs", "fuse", "cifs", "smb", "9p", "ceph", "glusterfs", "lustre", "afs", "vboxsf"]

    /// The file system of the file at `path`, an absolute one without symbolic links.
    ///
    /// - Parameter mounts: what `/proc/self/mountinfo` has (proc(5)).
    init?(of path: String, mounts: String) {
        var best: (length: Int, name: Substring)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else { continue }
            let point = Self.unescaped(fields[4])
            guard path == point || path.hasPrefix(point == "/" ? "/" : point + "/") else { continue }
            // Of two mounts at one place the later one covers the other.
            if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, fields[dash + 1]) }
        }
        guard let best else { return nil }
        name = String(best.name)
    }

    /// The file system of the file at `path`; `nil` when the system does not tell.
    init?(of path: String) {
        guard let resolved = path.resolvedPath,
            let mounts = try? TextFile.read("/proc/self/mountinfo", limit: 8 << 20)
        else { return nil }
        self.init(of: resolved, mounts: String(decoding: mounts, as: UTF8.self))
    }

    /// Whether a history file should not be on it.
    var isUnfit: Bool { Self.unfit.contains { name.hasPrefix($0) } }

    /// Spaces and the like stand there as `\` and three octal digits.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(String(Substring(digits)), radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
