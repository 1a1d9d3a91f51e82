import Testing

@testable import Daemon

struct DiagnosisTests {
    @Test(arguments: [
        ("3.6.23", false), ("3.7.0", true), ("3.46.1", true), ("3.51.2", true), ("3.51.3", false), ("3.52.0", false),
        ("4.0", false),
    ])
    func knowsTheVersionsWithTheBug(text: String, isAffected: Bool) throws {
        let version = try #require(SQLiteVersion(text))
        #expect(version.hasLogResetBug == isAffected)
    }

    private static let mounts = """
        22 1 8:1 / / rw - ext4 /dev/sda1 rw
        30 22 0:40 / /srv rw shared:1 - nfs4 server:/srv rw
        31 30 0:41 / /srv/a\\040b rw - fuse.sshfs host: rw
        32 22 0:42 / /home rw - xfs /dev/sdb rw
        33 22 0:43 / /home rw - 9p home rw
        """

    @Test(arguments: [
        ("/var/x", "ext4", false), ("/srv/x", "nfs4", true), ("/srvx", "ext4", false),
        ("/srv/a b/x", "fuse.sshfs", true),
        ("/home/x", "9p", true),
    ])
    func knowsWhatAFileIsOn(path: String, name: String, isUnfit: Bool) throws {
        let system = try #require(FileSystem(of: path, mounts: Self.mounts))
        #expect(system.name == name)
        #expect(system.isUnfit == isUnfit)
    }
}
