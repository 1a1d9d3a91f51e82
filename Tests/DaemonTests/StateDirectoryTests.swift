import Glibc
import Testing

@testable import Daemon

struct StateDirectoryTests {
    @Test func makesTheDirectoryForItsUserAlone() throws {
        try withDirectory { directory in
            let path = directory + "/deep/state"
            let state = try StateDirectory(path)
            var status = stat()
            #expect(stat(state.path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o700)
        }
    }

    @Test(arguments: [(true, 0o700), (false, 0o755)])
    func shutsADirectoryThatNobodyElseHasBusinessIn(isPrivate: Bool, mode: mode_t) throws {
        try withDirectory { directory in
            try #require(chmod(directory, 0o755) == 0)
            _ = try StateDirectory(directory, isPrivate: isPrivate)
            #expect(try self.mode(of: directory) == mode)
        }
    }

    @Test func touchesNothingThatAnotherHolds() throws {
        try withDirectory { directory in
            let first = try StateDirectory(directory, isPrivate: false)
            try #require(chmod(directory, 0o755) == 0)
            let error = #expect(throws: DaemonError.self) { try StateDirectory(directory) }
            #expect(error?.code == .alreadyRunning)
            #expect(try mode(of: directory) == 0o755)
            withExtendedLifetime(first) {}
        }
    }

    @Test func shutsNobodyOutOfWhatIsNotItsOwn() throws {
        try withDirectory { directory in
            try write("precious", to: directory + "/file")
            try #require(chmod(directory, 0o755) == 0)
            for _ in 1...2 { #expect(try StateDirectory(directory).foreignName == "file") }
            #expect(try mode(of: directory) == 0o755)
            try #require(chmod(directory, 0o700) == 0)
            #expect(try StateDirectory(directory).foreignName == nil)
        }
    }

    /// What may be there before the first daemon is: job files, a history that was restored.
    @Test(arguments: ["jobs", "history.sqlite", "taskd.lock", "lost+found"])
    func shutsADirectoryThatWasPreparedForIt(name: String) throws {
        try withDirectory { directory in
            try write("", to: "\(directory)/\(name)")
            try #require(chmod(directory, 0o755) == 0)
            _ = try StateDirectory(directory)
            #expect(try mode(of: directory) == 0o700)
        }
    }

    private func mode(of path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }

    @Test func isHeldByOneAtATime() throws {
        try withDirectory { directory in
            let first = try StateDirectory(directory)
            let error = #expect(throws: DaemonError.self) { try StateDirectory(directory) }
            #expect(error?.code == .alreadyRunning)
            #expect(error?.message.contains(directory) == true)
            withExtendedLifetime(first) {}
        }
    }

    @Test func isFreeAgainAfterItsHolder() throws {
        try withDirectory { directory in
            do { _ = try StateDirectory(directory) }
            #expect(throws: Never.self) { try StateDirectory(directory) }
        }
    }

    @Test func knowsWhetherTheMachineHasRunOnSinceItsLastHolder() throws {
        try withDirectory { directory in
            do { #expect(try !StateDirectory(directory).isOfThisBoot) }
            // One that came no further than that leaves the next in doubt as well.
            do {
                let state = try StateDirectory(directory)
                #expect(!state.isOfThisBoot)
                state.noteBoot()
            }
            do { #expect(try StateDirectory(directory).isOfThisBoot) }
            try write("00000000-0000-0000-0000-000000000000\n", to: directory + "/taskd.lock")
            do { #expect(try !StateDirectory(directory).isOfThisBoot) }
        }
    }

    @Test(arguments: [0o720, 0o702, 0o777])
    func refusesADirectoryThatOthersMayWriteTo(mode: mode_t) throws {
        try withDirectory { directory in
            chmod(directory, mode)
            let error = #expect(throws: DaemonError.self) { try StateDirectory(directory) }
            #expect(error?.message.contains("chmod go-w") == true)
            #expect(access(directory + "/taskd.lock", F_OK) == -1)
            chmod(directory, 0o755)
            #expect(throws: Never.self) { try StateDirectory(directory) }
        }
    }

    @Test func refusesAFile() throws {
        try withDirectory { directory in
            try write("", to: directory + "/file")
            let error = #expect(throws: DaemonError.self) { try StateDirectory(directory + "/file") }
            #expect(error?.message.contains("not a directory") == true)
        }
    }

    @Test func leavesWhatIsNoSocketWhereTheSocketShouldBe() throws {
        try withDirectory { directory in
            let path = directory + "/taskd.sock"
            try write("precious", to: path)
            #expect(throws: DaemonError.self) { try Socket.prepare(path) }
            #expect(try TextFile.read(path, limit: 100) == Array("precious".utf8))
        }
    }
}
