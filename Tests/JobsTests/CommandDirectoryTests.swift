import Foundation
import Glibc
import Model
import Testing

@testable import Jobs

extension CommandTests {
    /// Where the directories of attempts are made.
    struct DirectoryTests {
        private func status(_ path: String) throws -> stat {
            var status = stat()
            try #require(lstat(path, &status) == 0, "\(path)")
            return status
        }

        /// Makes the directories of tasks that share no place, and counts the groups of inodes they are in.
        private func groups(in bench: CommandWorkbench, after first: Int64) throws -> Int {
            let inodes = try (Int64(0)..<16).map { number in
                let attempt = bench.attempt(first + number * 16)
                try attempt.makeEmpty()
                return try status(attempt.path).st_ino
            }
            // mkfs.ext4 makes groups of 8192 inodes, or more on large disks.
            return Set(inodes.map { ($0 - 1) / 8192 }).count
        }

        private func staging(_ bench: CommandWorkbench) -> String { bench.directory + "/tasks.new" }

        private func contents(_ path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path)
        }

        private static let isOnExt4: Bool = {
            let stat = Process()
            let answer = Pipe()
            stat.executableURL = URL(filePath: "/usr/bin/stat")
            stat.arguments = ["--file-system", "--format=%T", FileManager.default.temporaryDirectory.path]
            stat.standardOutput = answer
            guard (try? stat.run()) != nil else { return false }
            return answer.fileHandleForReading.readDataToEndOfFile() == Data("ext2/ext3\n".utf8)
        }()

        @Test(.enabled(if: isOnExt4, "the temporary directory is not on ext4, which alone has groups of inodes"))
        func areSpreadOverTheFileSystem() async throws {
            try await withCommandBench { bench in
                let spread = try groups(in: bench, after: 0)
                #expect(spread >= 4)
                for place in try contents(staging(bench)) {
                    #expect(try contents("\(staging(bench))/\(place)") == [])
                }
                try FileManager.default.removeItem(atPath: staging(bench))
                // A group that is nearly full makes way for the next: where that happens is not for this test to say.
                #expect(try groups(in: bench, after: 1000) < spread)
            }
        }

        @Test func areMadeOnce() async throws {
            try await withCommandBench { bench in
                try bench.attempt().make()
                #expect(try status(bench.attempt().path).st_mode & 0o7777 == 0o700)
                #expect(throws: ExceptionInfo.self) { try bench.attempt().make() }
                #expect(try contents(bench.directory + "/tasks") == ["1"])
            }
        }

        @Test func areMadeWhereNothingCanBeStaged() async throws {
            try await withCommandBench { bench in
                try? FileManager.default.removeItem(atPath: staging(bench))
                try Data("not a directory".utf8).write(to: URL(filePath: staging(bench)))
                try bench.attempt().make()
                #expect(bench.text(staging(bench)) == "not a directory")
            }
        }

        @Test func areMadeWhereTheFileSystemKnowsNoGroups() throws {
            let state = "/dev/shm/taskd-test-\(UUID().uuidString)"
            try #require(mkdir(state, 0o700) == 0)
            defer { try? FileManager.default.removeItem(atPath: state) }
            AttemptDirectory.prepareStaging(state: state)
            #expect(try contents(state) == [])
            try AttemptDirectory(state: state, task: TaskID(1), attempt: 1).make()
            #expect(try contents(state) == ["tasks"])
        }

        @Test func whatADaemonLeftHalfMadeIsGoneWithTheNext() async throws {
            try await withCommandBench { bench in
                try FileManager.default.createDirectory(
                    atPath: staging(bench) + "/old-1/17", withIntermediateDirectories: true)
                AttemptDirectory.prepareStaging(state: bench.directory)
                #expect(access(staging(bench) + "/old-1", F_OK) != 0)
            }
        }
    }
}
