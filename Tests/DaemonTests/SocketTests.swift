import Glibc
import Testing

@testable import Daemon

struct SocketTests {
    @Test func takesAwayASocketThatNobodyListensOn() throws {
        try withDirectory { directory in
            let path = directory + "/taskd.sock"
            close(try boundSocket(path, SOCK_STREAM))
            try Socket.prepare(path)
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func itsGroupIsGivenByNameOrByNumber() throws {
        #expect(try Socket.group(nil) == nil)
        #expect(try Socket.group("root") == 0)
        #expect(try Socket.group("0") == 0)
        #expect(try Socket.group("4242424") == 4_242_424)
        for wrong in ["nobody's", "-1", "4294967295", "0x1", "1 "] {
            let error = #expect(throws: DaemonError.self) { try Socket.group(wrong) }
            #expect(error?.message.contains("socket_group") == true)
        }
    }

    /// A connection to it fails as well, but not because nobody is there.
    @Test(arguments: [SOCK_DGRAM, SOCK_SEQPACKET])
    func leavesSomebodyElsesSocketAlone(type: __socket_type) throws {
        try withDirectory { directory in
            let path = directory + "/taskd.sock"
            let socket = try boundSocket(path, type)
            defer { close(socket) }
            if type == SOCK_SEQPACKET { try #require(listen(socket, 1) == 0) }
            let error = #expect(throws: DaemonError.self) { try Socket.prepare(path) }
            #expect(error?.code == .alreadyRunning)
            #expect(access(path, F_OK) == 0)
        }
    }

    @Test(.timeLimit(.minutes(1))) func doesNotWaitForAFullQueue() throws {
        try withDirectory { directory in
            let path = directory + "/taskd.sock"
            let listener = try boundSocket(path, SOCK_STREAM)
            defer { close(listener) }
            try #require(listen(listener, 0) == 0)
            for _ in 0..<2 {
                let error = #expect(throws: DaemonError.self) { try Socket.prepare(path) }
                #expect(error?.code == .alreadyRunning)
            }
        }
    }

    @Test func givesAwayNothingThatALinkLeadsTo() throws {
        try withDirectory { directory in
            let victim = directory + "/victim"
            try write("private", to: victim)
            try #require(chmod(victim, 0o640) == 0 && symlink(victim, directory + "/taskd.sock") == 0)
            #expect(throws: DaemonError.self) { try Socket.restrict(directory + "/taskd.sock", to: nil) }
            var status = stat()
            try #require(stat(victim, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o640)
        }
    }

    @Test func makesADirectoryThatItsGroupMayEnter() throws {
        try withDirectory { directory in
            try Socket.prepare(directory + "/run/taskd.sock", group: getegid())
            var status = stat()
            try #require(stat(directory + "/run", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o750 && status.st_gid == getegid())
            #expect(Endpoint.own(path: directory + "/run/taskd.sock", group: getegid()).obstacle == nil)
            let hidden = Endpoint.own(path: directory + "/taskd.sock", group: getegid()).obstacle
            #expect(hidden?.contains("cannot enter \(directory)") == true)
        }
    }
}
