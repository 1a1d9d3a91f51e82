import Glibc
import Model
import Store
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

    @Test func knowsWhoReadsTheHistory() {
        let locks = """
            1: POSIX  ADVISORY  READ 23519 fe:00:16253578 128 128
            2: POSIX  ADVISORY  READ 11 fe:00:16253578 124 124
            3: POSIX  ADVISORY  READ 11 fe:00:16253578 125 125
            4: POSIX  ADVISORY  READ 12 fe:00:6253578 124 124
            5: POSIX  ADVISORY  WRITE 13 fe:00:16253578 124 124
            5: -> POSIX  ADVISORY  READ 14 fe:00:16253578 124 124
            6: POSIX  ADVISORY  READ 15 fe:00:16253578 127 127
            7: FLOCK  ADVISORY  READ -1 fe:00:16253578 123 EOF
            8: POSIX  ADVISORY  READ 9 fe:00:16253578 123 123
            """
        #expect(HistoryReaders(inode: 16_253_578, locks: locks, besides: 9).processes == [11, 15])
    }

    @Test func missesAHistoryThatWasMovedAway() throws {
        try withDirectory { directory in
            let diagnosis = Diagnosis(
                try Configuration.resolve(flags: [.stateDirectory: directory], environment: [:]))
            let path = diagnosis.configuration.storePath
            let store = try Store(path: path)
            func finding() -> Finding { diagnosis.store(store.size, schema: "v1", misplacement: store.misplacement) }
            #expect(finding().status != .fail)
            try #require(rename(path, path + ".moved") == 0)
            #expect(finding().status == .fail)
            #expect(finding().message.contains("moved or removed while it was open; put it back"))
            try #require(rename(path + ".moved", path) == 0)
            #expect(finding().status != .fail)
            try store.close()
        }
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
